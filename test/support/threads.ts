import { until } from './instance.ts';

/** The worker threads of this process, by Node's own account. */
export function workerCount(): number {
  const { workers } = process.report.getReport() as unknown as { readonly workers: readonly unknown[] };
  return workers.length;
}

/** Resolves when no more and no fewer threads are left than these; a killed thread takes a moment to end. */
export function untilWorkers(count: number): Promise<void> {
  return until(() => workerCount() === count, `${count} worker threads`);
}
