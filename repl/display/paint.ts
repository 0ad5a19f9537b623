/** Colours, and bars, which stand next to words: neither says anything alone. */
import { styleText } from 'node:util';
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
 * Values over time, the newest to the right, each a column as high as it is large, from 0; the top's value is said.
 * `unit` makes text of a value. As many columns as fit: neighbours are put together, the largest of them counts.
 */
export function columnChart(
  values: readonly number[],
  { width, height, unit }: { readonly width: number; readonly height: number; unit(value: number): string },
): string {
  const most = Math.max(...values, 0);
  const label = unit(most);
  const columns = groupedBy(values, Math.max(1, width - label.length - 2));
  const rows = Array.from({ length: height }, (_, row) => {
    const floor = height - 1 - row;
    const line = columns.map((value) => {
      const eighths = most === 0 ? 0 : Math.ceil((value / most) * height * 8) - floor * 8;
      return eighths <= 0 ? ' ' : (SPARKS[Math.min(eighths, 8) - 1] ?? ' ');
    });
    const axis = row === 0 ? label : floor === 0 ? '0' : '';
    return `${axis.padStart(label.length)} ┤${line.join('')}`.trimEnd();
  });
  return rows.join('\n');
}

/** At most so many values: the largest of each group of neighbours. */
function groupedBy(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values;
  const size = values.length / most;
  return Array.from({ length: most }, (_, at) =>
    Math.max(...values.slice(Math.floor(at * size), Math.max(Math.floor((at + 1) * size), Math.floor(at * size) + 1))),
  );
}
