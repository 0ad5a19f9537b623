import type { LinesPlot } from './figure.ts';
import { valueText } from './number-text.ts';

/** What stands below the point of this index. */
export const xText = ({ x }: LinesPlot, at: number): string =>
  x.type === 'texts' ? (x.values[at] ?? '') : valueText(x.values[at] ?? 0, x.unit);
