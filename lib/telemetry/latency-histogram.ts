/** Upper bounds of the exported latency histograms, in ms; one more bucket is unbounded. */
export const LATENCY_BUCKETS_MS: readonly number[] = Object.freeze([
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000,
]);

/** A histogram's numbers, plain. */
export interface HistogramCounts {
  /** Latencies per bucket, not cumulative; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** Latencies since the start, in fixed buckets: what Prometheus wants. */
export class LatencyHistogram {
  // Doubles, as 32 bits overflow within a day at full load.
  readonly #counts = new Float64Array(LATENCY_BUCKETS_MS.length + 1);
  #sumMs = 0;

  /** A negative latency or NaN counts as 0, so that no single one can spoil the sum. */
  observe(ms: number): void {
    const value = ms > 0 ? ms : 0;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && value > (LATENCY_BUCKETS_MS[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += value;
  }

  counts(): HistogramCounts {
    return { counts: Array.from(this.#counts), sumMs: this.#sumMs };
  }

  merge({ counts, sumMs }: HistogramCounts): void {
    for (const [bucket, count] of counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#sumMs += sumMs;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sumMs = 0;
  }
}
