/** What a replica uses, from what it has used so far. */
import type { ReplicaUsage } from '../domain/performance.ts';

/** Since it began, but `memoryBytes`: as it is. Null: nothing tells it here. */
export interface UsageSample {
  readonly cpuMs: number | null;
  readonly memoryBytes: number | null;
  readonly loop: { readonly active: number; readonly idle: number } | null;
}

export const NO_SAMPLE: UsageSample = { cpuMs: null, memoryBytes: null, loop: null };
/** Over less time than this shares say little: who looks again sees the same, in ms. */
const SHORTEST_MS = 400;

export class UsageMeter {
  readonly #sample: () => Promise<UsageSample>;
  #last: { readonly at: number; readonly sample: UsageSample } | null = null;
  #reading: Promise<ReplicaUsage> | null = null;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(sample: () => Promise<UsageSample>) {
    this.#sample = sample;
  }

  /** `now`: a monotonic clock, ms. Several that look at about the same time see the same. */
  read(now: number): Promise<ReplicaUsage> {
    if (this.#reading === null || now - this.#readAt >= SHORTEST_MS) {
      this.#readAt = now;
      this.#reading = this.#sample().then((sample) => this.#usage(sample, now));
    }
    return this.#reading;
  }

  #usage(sample: UsageSample, at: number): ReplicaUsage {
    const last = this.#last;
    this.#last = { at, sample };
    const { cpuMs, memoryBytes, loop } = sample;
    const before = last?.sample ?? NO_SAMPLE;
    const cpu =
      last === null || cpuMs === null || before.cpuMs === null ? null : (cpuMs - before.cpuMs) / (at - last.at);
    return {
      cpu: cpu === null ? null : Math.max(0, cpu),
      memoryBytes,
      eventLoop: loop && busyShare(loop, before.loop),
    };
  }
}

function busyShare({ active, idle }: NonNullable<UsageSample['loop']>, before: UsageSample['loop']): number | null {
  const activeMs = active - (before?.active ?? 0);
  const allMs = activeMs + idle - (before?.idle ?? 0);
  return allMs > 0 ? Math.min(1, Math.max(0, activeMs / allMs)) : null;
}
