/** Histograms that were counted in the same buckets, side by side in as many rows as there is room for. */
import type { HistogramBucket } from '../../lib/index.ts';

export interface BucketRow {
  /** Upper bound. */
  readonly upToMs: number;
  /** Of each histogram. */
  readonly counts: readonly number[];
}

/** From the first to the last bucket that any of them has. Where there are too many, neighbours are added up. */
export function bucketRows(histograms: readonly (readonly HistogramBucket[])[], most: number): BucketRow[] {
  const bounds = [...new Set(histograms.flatMap((buckets) => buckets.map(({ upToMs }) => upToMs)))].sort(
    (a, b) => a - b,
  );
  const counts = histograms.map((buckets) => new Map(buckets.map(({ upToMs, count }) => [upToMs, count])));
  const together = Math.max(1, Math.ceil(bounds.length / Math.max(1, most)));
  const rows: BucketRow[] = [];
  for (let from = 0; from < bounds.length; from += together) {
    const merged = bounds.slice(from, from + together);
    rows.push({
      upToMs: merged.at(-1) ?? 0,
      counts: counts.map((own) => merged.reduce((sum, bound) => sum + (own.get(bound) ?? 0), 0)),
    });
  }
  return rows;
}
