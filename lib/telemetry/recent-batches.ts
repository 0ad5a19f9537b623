import type { BatchDistribution } from '../domain/performance.ts';
import { RecentCounts } from './recent-counts.ts';

/** What was recorded, plain: sizes, and how many batches of each. */
export type BatchesDelta = readonly (readonly [size: number, batches: number])[];

/** How large the batches of the last 55 to 60 s were. */
export class RecentBatches {
  readonly #bySize = new Map<number, RecentCounts>();

  /** `size` >= 1. `now`: a monotonic clock, ms. */
  record(size: number, now: number, batches = 1): void {
    const kept = keptSize(size);
    let counts = this.#bySize.get(kept);
    if (counts === undefined) {
      counts = new RecentCounts();
      this.#bySize.set(kept, counts);
    }
    counts.add(batches, now);
  }

  distribution(now: number): BatchDistribution {
    const sizes = this.#recent(now)
      .sort(([a], [b]) => a - b)
      .map(([size, count]) => ({ size, count }));
    return {
      count: sizes.reduce((sum, { count }) => sum + count, 0),
      queries: sizes.reduce((sum, { size, count }) => sum + size * count, 0),
      sizes,
    };
  }

  /** Takes everything out. */
  takeDelta(): BatchesDelta {
    // At no time that anything has left by.
    const delta = this.#recent(Number.NEGATIVE_INFINITY);
    this.#bySize.clear();
    return delta;
  }

  /** Adds what others held, as if it happened now. */
  merge(delta: BatchesDelta, now: number): void {
    for (const [size, batches] of delta) this.record(size, now, batches);
  }

  #recent(now: number): [size: number, batches: number][] {
    return [...this.#bySize]
      .map(([size, counts]): [number, number] => [size, counts.total(now)])
      .filter(([, batches]) => batches > 0);
  }
}

const EXACT_UP_TO = 128;

/** Larger ones are kept by their first two digits, so that no backend has more than some hundred. */
const keptSize = (size: number): number => (size <= EXACT_UP_TO ? size : Number(size.toPrecision(2)));
