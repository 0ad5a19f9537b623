/** Colours, and bars, which stand next to words: neither says anything alone. */
import { styleText } from 'node:util';
import { columnRows, grouped, largestOf, leastOf } from '../../tui/canvas/columns.ts';
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
 * `value` in `room` columns, at least 3. `least` < 0 and `most` >= 0 say where 0 is; what is below goes to the left of it.
 */
export function signedBar(value: number, { least, most }: Extent, room: number): string {
  const left = Math.max(1, Math.round((room - 1) * (-least / (most - least))));
  const right = room - 1 - left;
  const below = value < 0 ? '█'.repeat(Math.max(1, Math.round((value / least) * left))) : '';
  return `${below.padStart(left)}│${bar(value > 0 ? value / most : 0, right)}`;
}

interface Extent {
  readonly least: number;
  readonly most: number;
}

/**
 * Values over time, the newest to the right, each a column as high as it is large, from 0, or from the least where that is
 * below; top and bottom are said; null: a gap.
 * `unit` makes text of a value. As many columns as fit: neighbours are put together, the largest of them counts.
 */
export function columnChart(
  values: readonly (number | null)[],
  { width, height, unit }: { readonly width: number; readonly height: number; unit(value: number): string },
): string {
  const least = leastOf(values);
  const [top, bottom] = [unit(largestOf(values)), least < 0 ? unit(least) : '0'];
  const labelWidth = Math.max(top.length, bottom.length);
  const columns = grouped(values, Math.max(1, width - labelWidth - 2));
  // The least is seen, too: only a gap is empty.
  const heights = least < 0 ? columns.map((value) => (value === null ? null : value - least || -least / 1e6)) : columns;
  const rows = columnRows(heights, { rows: height, sparks: [...SPARKS], most: largestOf(values) - least }).map(
    (cells, row) => {
      const axis = row === 0 ? top : row === height - 1 ? bottom : '';
      return `${axis.padStart(labelWidth)} ┤${cells}`.trimEnd();
    },
  );
  return rows.join('\n');
}
