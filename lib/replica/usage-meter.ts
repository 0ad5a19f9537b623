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
  readonly #now: () => number;
  #last: { readonly at: number; readonly sample: UsageSample } | null = null;
  #reading: Promise<ReplicaUsage> | null = null;
  #isUnderWay = false;

  /** `sample` never rejects. */
  constructor(sample: () => Promise<UsageSample>, now: () => number = () => performance.now()) {
    this.#sample = sample;
    this.#now = now;
  }

  /**
   * Several that look at about the same time see the same; one that looks while there is no answer yet waits for the
   * same answer, however long code that cannot be interrupted puts it off.
   */
  read(): Promise<ReplicaUsage> {
    const isFresh = this.#last === null || this.#now() - this.#last.at < SHORTEST_MS;
    if (this.#reading === null || (!this.#isUnderWay && !isFresh)) {
      this.#isUnderWay = true;
      this.#reading = this.#sample().then((sample) => this.#usage(sample));
    }
    return this.#reading;
  }

  #usage(sample: UsageSample): ReplicaUsage {
    const at = this.#now();
    const last = this.#last;
    this.#isUnderWay = false;
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
