/** How wide a terminal shows text. Ink must have the same opinion, or it folds lines that we think fit: it is the same function. */
import stringWidth from 'string-width';

/** ASCII, and what we draw with: one column each, in every terminal that is not told that it is in East Asia. */
const NARROW = /^[\x20-\x7e\u00b7\u2013-\u2026\u2190-\u21ff\u2500-\u25ff\u2800-\u28ff\u2715\u2716]*$/;

/** In columns. The text has no escapes and no line breaks. */
export const widthOf = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text));

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** As many of its characters from the left as have room in `columns`; what a terminal shows as one stays together. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (NARROW.test(text)) return text.slice(0, columns);
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return kept;
}

/** The columns from `from` up to `to`. Of a character of which a part is cut off, spaces stay in the columns of the other. */
export function sliceColumns(text: string, from: number, to: number): string {
  if (NARROW.test(text)) return text.slice(from, to);
  let kept = '';
  let at = 0;
  for (const { segment } of graphemes.segment(text)) {
    const [start, end] = [at, at + stringWidth(segment)];
    at = end;
    const shown = Math.min(end, to) - Math.max(start, from);
    if (start >= from && end <= to) kept += segment;
    else if (shown > 0) kept += ' '.repeat(shown);
  }
  return kept;
}

/** Clipped where it is too wide, with a mark there. */
export function cut(text: string, columns: number, mark: string): string {
  if (widthOf(text) <= columns) return text;
  return columns <= mark.length ? clip(text, columns) : clip(text, columns - mark.length) + mark;
}

/** The same, cut in the middle: names differ at their ends. */
export function cutMiddle(text: string, columns: number, mark: string): string {
  const room = columns - mark.length;
  if (widthOf(text) <= columns || room < 4) return cut(text, columns, mark);
  const head = clip(text, Math.ceil(room / 2));
  const all = widthOf(text);
  return `${head}${mark}${sliceColumns(text, all - (room - widthOf(head)), all)}`;
}

/** In exactly so many columns. */
export function fit(text: string, columns: number, align: 'left' | 'right', mark: string): string {
  const shown = cut(text, columns, mark);
  const rest = ' '.repeat(Math.max(0, columns - widthOf(shown)));
  return align === 'left' ? shown + rest : rest + shown;
}
