import type { BatchDistribution } from '../../lib/index.ts';
import type { BarsPlot, Figure } from '../charts/figure.ts';
import { countText } from './units.ts';

export interface BatchRow extends BatchDistribution {
  readonly backend: string;
  readonly maxBatchSize: number;
  readonly batchWaitTimeoutMs: number;
}

/** Up to here each size has a bar of its own. */
const MOST_SINGLE = 16;

/** How many batches of each size there were, for each backend that had any. */
export function batchesFigure(rows: readonly BatchRow[]): Figure {
  const plots = rows.filter(({ count }) => count > 0).map(sizesPlot);
  return { title: 'Batches of the last minute', plots, notes: [] };
}

export const meanText = ({ count, queries }: BatchDistribution): string =>
  count === 0 ? '-' : (queries / count).toFixed(1);

function sizesPlot(row: BatchRow): BarsPlot {
  const { backend, count, maxBatchSize } = row;
  const bars = sizeBars(row);
  return {
    ...{ kind: 'bars', name: 'size', unit: '' },
    title: `${backend}: ${countText(count)} ${count === 1 ? 'batch' : 'batches'}, ${meanText(row)} of ${maxBatchSize} queries in the mean`,
    categories: bars.map(({ label }) => label),
    series: [{ name: 'batches', values: bars.map((bar) => bar.count) }],
  };
}

/** Each size up to the largest there was; where they are many, each bar spans twice the sizes of the one before. */
function sizeBars({ sizes }: BatchDistribution): { readonly label: string; readonly count: number }[] {
  const largest = sizes.at(-1)?.size ?? 1;
  const ends =
    largest <= MOST_SINGLE
      ? Array.from({ length: largest }, (_, at) => at + 1)
      : Array.from({ length: Math.ceil(Math.log2(largest)) + 1 }, (_, at) => 2 ** at);
  return ends.map((end, at) => {
    const from = (ends[at - 1] ?? 0) + 1;
    const count = sizes.reduce((sum, one) => (one.size >= from && one.size <= end ? sum + one.count : sum), 0);
    return { label: from === end ? String(end) : `${from}–${end}`, count };
  });
}
