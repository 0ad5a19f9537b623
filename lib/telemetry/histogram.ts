/** Upper bounds of the exported latency histograms, in ms; one more bucket is unbounded. */
export const LATENCY_BUCKETS_MS: readonly number[] = Object.freeze([
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000,
]);

/** Upper bounds of the exported histogram of batch sizes. */
export const BATCH_SIZE_BUCKETS: readonly number[] = Object.freeze([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024]);

/** A histogram's numbers, plain. */
export interface HistogramCounts {
  /** Values per bucket, not cumulative; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Values since the start, in fixed buckets: what Prometheus wants. */
export class Histogram {
  readonly #bounds: readonly number[];
  // Doubles, as 32 bits overflow within a day at full load.
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** What is negative or NaN counts as 0, so that no single value can spoil the sum. */
  observe(given: number): void {
    const value = given > 0 ? given : 0;
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  counts(): HistogramCounts {
    return { counts: Array.from(this.#counts), sum: this.#sum };
  }

  merge({ counts, sum }: HistogramCounts): void {
    for (const [bucket, count] of counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#sum += sum;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }
}
