import { SLICE_MS, SLICES } from './latency-summary.ts';

/** How many there were of something in the last 55 to 60 s, by slices as those of latencies. */
export class RecentCounts {
  readonly #counts = new Float64Array(SLICES);
  #newest = Number.NEGATIVE_INFINITY;

  /** `now`: a monotonic clock, ms. */
  add(count: number, now: number): void {
    this.#slideTo(now);
    const at = this.#newest % SLICES;
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  total(now: number): number {
    this.#slideTo(now);
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** A time before the newest slice counts in that one. */
  #slideTo(now: number): void {
    const number = Math.floor(now / SLICE_MS);
    if (number <= this.#newest) return;
    for (let empty = Math.max(this.#newest + 1, number - SLICES + 1); empty <= number; empty++) {
      this.#counts[empty % SLICES] = 0;
    }
    this.#newest = number;
  }
}
