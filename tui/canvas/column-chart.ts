/** A chart of columns, for places too small for lines, and terminals that know ASCII only. */
import { type Line, line, type Span, span } from '../frame/line.ts';
import { type Glyphs, UNICODE } from '../frame/look.ts';
import { countText } from '../frame/units.ts';
import type { ChartGiven } from './chart.ts';

const AXIS = 6;

/** Of several series the last one, which is drawn to be looked at most: p99. */
export function columnChart({ series, columns, rows }: ChartGiven, glyphs: Glyphs = UNICODE): Line[] {
  const shown = series.at(-1);
  if (shown === undefined || rows < 1 || columns <= AXIS) return Array.from({ length: Math.max(0, rows) }, () => []);
  const values = grouped(shown.values, columns - AXIS);
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  return Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? countText(most) : row === rows - 1 ? '0' : '';
    const cells = values.map((value) => cell(value, most, rows - 1 - row, rows, glyphs)).join('');
    const parts: (string | Span)[] = [span(`${label.padStart(AXIS - 1)} `, 'dim'), span(cells, shown.tone)];
    return line(...parts);
  });
}

function cell(value: number | null, most: number, floor: number, rows: number, { sparks }: Glyphs): string {
  if (value === null || most === 0) return ' ';
  const steps = Math.ceil((value / most) * rows * sparks.length) - floor * sparks.length;
  return steps <= 0 ? ' ' : (sparks[Math.min(steps, sparks.length) - 1] ?? ' ');
}

/** As many as there is room for: neighbours together, the largest of them counts, so that no peak is lost. */
export function grouped(values: readonly (number | null)[], columns: number): (number | null)[] {
  if (values.length <= columns) return [...values];
  const size = values.length / columns;
  return Array.from({ length: columns }, (_, at) => {
    const group = values.slice(Math.floor(at * size), Math.max(Math.floor((at + 1) * size), Math.floor(at * size) + 1));
    const known = group.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}
