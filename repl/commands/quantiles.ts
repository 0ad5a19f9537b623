/** Latencies in few words. */

export interface Quantiles {
  readonly minMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The least value that so large a part of them, in (0, 1], does not exceed. `sorted`: at least one. */
export const quantileOf = (sorted: Float64Array, part: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;

/** null: there are none. */
export function quantilesOf(values: Float64Array): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted();
  return {
    minMs: quantileOf(sorted, 0),
    meanMs: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50Ms: quantileOf(sorted, 0.5),
    p95Ms: quantileOf(sorted, 0.95),
    p99Ms: quantileOf(sorted, 0.99),
    maxMs: quantileOf(sorted, 1),
  };
}

/** A list that grows, at 8 bytes a number. */
export class Numbers {
  #values = new Float64Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Those there are now, from this one on. */
  from(start: number): Float64Array {
    return this.#values.subarray(start, this.#length);
  }

  get length(): number {
    return this.#length;
  }
}
