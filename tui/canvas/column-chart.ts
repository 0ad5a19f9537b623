/** A chart of columns, for places too small for lines, and terminals that know ASCII only. */
import { type Line, line, span } from '../frame/line.ts';
import { type Glyphs, UNICODE } from '../frame/look.ts';
import { countText } from '../frame/units.ts';
import type { ChartGiven } from './chart.ts';
import { columnRows, grouped, largestOf } from './columns.ts';

const AXIS = 6;

/** Of several series the last one, which is drawn to be looked at most: p99. */
export function columnChart({ series, columns, rows }: ChartGiven, { sparks }: Glyphs = UNICODE): Line[] {
  const shown = series.at(-1);
  if (shown === undefined || rows < 1 || columns <= AXIS) return Array.from({ length: Math.max(0, rows) }, () => []);
  const values = grouped(shown.values, columns - AXIS);
  return columnRows(values, { rows, sparks }).map((cells, row) => {
    const label = row === 0 ? countText(largestOf(values)) : row === rows - 1 ? '0' : '';
    return line(span(`${label.padStart(AXIS - 1)} `, 'dim'), span(cells, shown.tone));
  });
}
