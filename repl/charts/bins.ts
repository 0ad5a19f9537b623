/** How values are put into bins. */
import { quantileOf } from '../commands/quantiles.ts';
import type { Bin, HistogramPlot } from './figure.ts';
import { linearAxis } from './ticks.ts';

const FEWEST = 6;
const MOST = 40;
/** Values this many times as far from the least as all but a hundredth of them are not drawn: the rest would be one bin. */
const FAR = 2;

/** Between round numbers. `wanted`: about how many; null: by how the values are spread. `values`: at least one. */
export function binsOf(values: Iterable<number>, wanted: number | null): Pick<HistogramPlot, 'bins' | 'beyond'> {
  const sorted = Float64Array.from(values).toSorted();
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  const nearly = quantileOf(sorted, 0.99);
  const isFar = wanted === null && nearly > least && most - least > FAR * (nearly - least);
  const axis = linearAxis(least, isFar ? nearly : most, wanted ?? numberOfBins(sorted, isFar ? nearly : most));
  const edges = axis.ticks;
  const counts = edges.slice(1).map(() => 0);
  let numBeyond = 0;
  for (const value of sorted) {
    const at = binOf(value, edges);
    if (at === null) numBeyond++;
    else counts[at] = (counts[at] ?? 0) + 1;
  }
  const bins = counts.map((count, at): Bin => ({ from: edges[at] ?? 0, to: edges[at + 1] ?? 0, count }));
  return { bins, beyond: numBeyond === 0 ? null : { count: numBeyond, most } };
}

/** A bin holds its lower edge; the last one its upper, too. null: beyond them. */
function binOf(value: number, edges: readonly number[]): number | null {
  const last = edges.length - 1;
  if (value > (edges[last] ?? 0)) return null;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= (edges[middle] ?? 0)) low = middle;
    else high = middle;
  }
  return low;
}

/** Freedman's and Diaconis's rule: by the spread of the middle half, and by how many values there are. */
function numberOfBins(sorted: Float64Array, most: number): number {
  const spread = quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25);
  const width = (2 * spread) / Math.cbrt(sorted.length);
  const wanted = width > 0 ? Math.ceil((most - (sorted[0] ?? 0)) / width) : FEWEST;
  return Math.min(Math.max(wanted, FEWEST), MOST);
}
