/** Histograms that were counted in the same buckets, side by side in as many rows as there is room for. */
import type { HistogramBucket } from '../../lib/index.ts';

export interface BucketRow {
  /** Upper bound. */
  readonly upToMs: number;
  /** Of each histogram. */
  readonly counts: readonly number[];
}

/** The instance counts in four buckets to an octave. */
const PER_OCTAVE = 4;
const placeOf = (upToMs: number): number => Math.round(Math.log2(upToMs) * PER_OCTAVE);

/**
 * From the first to the last bucket that any of them has, every row as wide as the others on a logarithmic scale, also
 * where nothing was counted: where there are too many for `most`, as many neighbours as need be are added up.
 */
export function bucketRows(histograms: readonly (readonly HistogramBucket[])[], most: number): BucketRow[] {
  const places = histograms.flatMap((buckets) => buckets.map(({ upToMs }) => placeOf(upToMs)));
  if (places.length === 0) return [];
  const [first, last] = [Math.min(...places), Math.max(...places)];
  const together = Math.ceil((last - first + 1) / Math.max(1, most));
  return Array.from({ length: Math.ceil((last - first + 1) / together) }, (_, row) => {
    const from = first + row * together;
    const isHere = ({ upToMs }: HistogramBucket): boolean => {
      const place = placeOf(upToMs);
      return place >= from && place < from + together;
    };
    const counts = histograms.map((buckets) => buckets.filter(isHere).reduce((sum, { count }) => sum + count, 0));
    return { upToMs: 2 ** ((from + together - 1) / PER_OCTAVE), counts };
  });
}
