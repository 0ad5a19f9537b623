/**
 * Percentiles over the last minute. A minute is 12 slices of 5 s; a slice counts latencies in buckets 2.2 % wide
 * (32 per octave from 1 µs to 71 min), so that slices, and routers, can simply be added up.
 */
import type { HistogramBucket, LatencyDistribution } from '../domain/performance.ts';
import { NO_STATS, type Stats } from '../domain/stats.ts';

/** What a summary held, plain, to be added to another one. */
export interface LatencyDelta {
  readonly count: number;
  readonly failed: number;
  /** Bucket and number of latencies in it, in turn. */
  readonly buckets: readonly number[];
}

export const SLICE_MS = 5_000;
export const SLICES = 12;
const BUCKETS_PER_OCTAVE = 32;
const BUCKETS = 32 * BUCKETS_PER_OCTAVE;
const SMALLEST_MS = 0.001;
/** Of a histogram that is looked at: four to an octave. */
const BUCKETS_SHOWN_AS_ONE = 8;

/** Latencies of the last 55 to 60 s: whole slices only, the newest one still being filled. */
export class LatencySummary {
  /** Oldest first; only slices in which something was recorded exist. */
  readonly #slices: Slice[] = [];
  #newest: Slice | null = null;
  #firstAt: number | null = null;

  /** Counts one query. `ms` null: it counts in the rates and has no latency. `now`: a monotonic clock, ms. */
  record(ms: number | null, failed: boolean, now: number): void {
    const slice = this.#sliceAt(now);
    slice.count += 1;
    if (failed) slice.failed += 1;
    if (ms === null) return;
    const bucket = bucketOf(ms);
    slice.buckets[bucket] = (slice.buckets[bucket] ?? 0) + 1;
  }

  /**
   * Rates per second over the time that the held slices cover: from the first record ever made, at least 1 s, at most
   * 60 s. Percentiles by nearest rank, within 1.2 % of the exact ones.
   */
  stats(now: number): Stats {
    this.#dropExpired(now);
    if (this.#firstAt === null || this.#slices.length === 0) return NO_STATS;
    const windowStart = (sliceNumber(now) - SLICES + 1) * SLICE_MS;
    const seconds = Math.max(1_000, now - Math.max(windowStart, this.#firstAt)) / 1_000;
    const [p50Ms = null, p95Ms = null, p99Ms = null] = percentiles(sumBuckets(this.#slices), [0.5, 0.95, 0.99]);
    return {
      rate: sumOf(this.#slices, (slice) => slice.count) / seconds,
      errorRate: sumOf(this.#slices, (slice) => slice.failed) / seconds,
      p50Ms,
      p95Ms,
      p99Ms,
    };
  }

  distribution(now: number): LatencyDistribution {
    this.#dropExpired(now);
    const buckets = sumBuckets(this.#slices);
    const [p50Ms = null, p95Ms = null, p99Ms = null] = percentiles(buckets, [0.5, 0.95, 0.99]);
    const count = buckets.reduce((sum, some) => sum + some, 0);
    return { count, p50Ms, p95Ms, p99Ms, histogram: histogramOf(buckets) };
  }

  /** Takes everything out: afterwards the summary is as new. Null when it held nothing. */
  takeDelta(): LatencyDelta | null {
    const slices = this.#slices.splice(0);
    this.#newest = null;
    this.#firstAt = null;
    if (slices.length === 0) return null;
    return {
      count: sumOf(slices, (slice) => slice.count),
      failed: sumOf(slices, (slice) => slice.failed),
      buckets: toPairs(sumBuckets(slices)),
    };
  }

  /**
   * Adds what another summary held, as if it happened now: clocks differ from thread to thread, and deltas come often
   * enough for their age not to matter.
   */
  merge(delta: LatencyDelta, now: number): void {
    const slice = this.#sliceAt(now);
    slice.count += delta.count;
    slice.failed += delta.failed;
    for (let at = 0; at + 1 < delta.buckets.length; at += 2) {
      const bucket = delta.buckets[at] ?? 0;
      slice.buckets[bucket] = (slice.buckets[bucket] ?? 0) + (delta.buckets[at + 1] ?? 0);
    }
  }

  /** A time before the newest slice counts in that one. */
  #sliceAt(now: number): Slice {
    const number = sliceNumber(now);
    const newest = this.#newest;
    if (newest !== null && number <= newest.number) return newest;
    this.#dropExpired(now);
    const slice = new Slice(number);
    this.#slices.push(slice);
    this.#newest = slice;
    this.#firstAt ??= now;
    return slice;
  }

  #dropExpired(now: number): void {
    const oldestKept = sliceNumber(now) - SLICES + 1;
    const kept = this.#slices.findIndex((slice) => slice.number >= oldestKept);
    this.#slices.splice(0, kept === -1 ? this.#slices.length : kept);
    if (this.#slices.length === 0) this.#newest = null;
  }
}

class Slice {
  readonly number: number;
  readonly buckets = new Uint32Array(BUCKETS);
  count = 0;
  failed = 0;

  constructor(number: number) {
    this.number = number;
  }
}

const sliceNumber = (now: number): number => Math.floor(now / SLICE_MS);

/** Shorter than 1 µs, negative and NaN are in the first bucket, longer than 71 min in the last. */
function bucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(ms / SMALLEST_MS) * BUCKETS_PER_OCTAVE));
}

/** The geometric middle of a bucket: at most 1.1 % from anything in it. Four digits, as more would be pretence. */
const middleOf = (bucket: number): number =>
  Number((SMALLEST_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_OCTAVE)).toPrecision(4));

function sumBuckets(slices: readonly Slice[]): Uint32Array {
  const sums = new Uint32Array(BUCKETS);
  for (const { buckets } of slices) {
    for (let at = 0; at < BUCKETS; at += 1) sums[at] = (sums[at] ?? 0) + (buckets[at] ?? 0);
  }
  return sums;
}

/** From the first to the last one that is not empty. */
function histogramOf(counts: Uint32Array): HistogramBucket[] {
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first === -1) return [];
  const shown: HistogramBucket[] = [];
  for (let from = first - (first % BUCKETS_SHOWN_AS_ONE); from <= last; from += BUCKETS_SHOWN_AS_ONE) {
    const to = from + BUCKETS_SHOWN_AS_ONE;
    const count = counts.subarray(from, to).reduce((sum, some) => sum + some, 0);
    shown.push({ upToMs: Number((SMALLEST_MS * 2 ** (to / BUCKETS_PER_OCTAVE)).toPrecision(4)), count });
  }
  return shown;
}

/** Nearest rank: the smallest latency that at least the share `quantile` of all do not exceed. Quantiles ascend. */
function percentiles(counts: Uint32Array, quantiles: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return [];
  let bucket = 0;
  let reached = counts[0] ?? 0;
  return quantiles.map((quantile) => {
    const rank = Math.ceil(quantile * total);
    while (reached < rank && bucket < BUCKETS - 1) {
      bucket += 1;
      reached += counts[bucket] ?? 0;
    }
    return middleOf(bucket);
  });
}

function toPairs(counts: Uint32Array): number[] {
  const pairs: number[] = [];
  for (const [bucket, count] of counts.entries()) if (count > 0) pairs.push(bucket, count);
  return pairs;
}

const sumOf = (slices: readonly Slice[], count: (slice: Slice) => number): number =>
  slices.reduce((sum, slice) => sum + count(slice), 0);
