/** Colours, and bars, which stand next to words: neither says anything alone. */
import { styleText } from 'node:util';
import { columnRows, grouped, largestOf } from '../../tui/canvas/columns.ts';
import type { Look } from '../session/protocol.ts';

type Style = Parameters<typeof styleText>[0];

export const paint = ({ colors }: Look, style: Style, text: string): string =>
  colors ? styleText(style, text, { validateStream: false }) : text;

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `share` in [0, 1] of `width` columns. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * width * 8);
  const text = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return text.padEnd(width);
}

const SPARKS = '▁▂▃▄▅▆▇█';

/** The newest to the right; from 0 to the largest of them. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  return values.map((value) => SPARKS[most === 0 ? 0 : Math.round((value / most) * 7)] ?? ' ').join('');
}

/**
 * Values over time, the newest to the right, each a column as high as it is large, from 0; the top's value is said; null: a gap.
 * `unit` makes text of a value. As many columns as fit: neighbours are put together, the largest of them counts.
 */
export function columnChart(
  values: readonly (number | null)[],
  { width, height, unit }: { readonly width: number; readonly height: number; unit(value: number): string },
): string {
  const label = unit(largestOf(values));
  const columns = grouped(values, Math.max(1, width - label.length - 2));
  const rows = columnRows(columns, { rows: height, sparks: [...SPARKS] }).map((cells, row) => {
    const axis = row === 0 ? label : row === height - 1 ? '0' : '';
    return `${axis.padStart(label.length)} ┤${cells}`.trimEnd();
  });
  return rows.join('\n');
}
