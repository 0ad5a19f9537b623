/** Tables whose columns leave when there is no room for them. */
import { fitLine, type Line, line, lineWidth, type Span, span, styled } from './line.ts';
import type { Look } from './look.ts';
import { cutMiddle, fit, widthOf } from './width.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** Columns it takes at least. */
  readonly width: number;
  /** At most; given by the longest cell. Default: `width`. */
  readonly most?: number;
  readonly align?: 'left' | 'right';
  /** Where what is too long is cut. Default: at its end. */
  readonly cut?: 'middle';
  /** Those of the highest leave first. Default 0: it never leaves. */
  readonly rank?: number;
  readonly cell: (row: Row) => Line | Span | string;
}

export interface TableGiven<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly width: number;
  /** The column it is sorted by, marked in the header. */
  readonly sortedBy?: { readonly by: string; readonly reversed: boolean };
  readonly isSelected?: (row: Row) => boolean;
  /** Of what a click on it selects. */
  readonly idOf?: (row: Row) => string;
}

/** A header and one line per row. Every line is exactly as wide as was asked. */
export function table<Row>(given: TableGiven<Row>, look: Look): Line[] {
  const columns = fitting(given);
  const sort = given.sortedBy;
  const header = columns.flatMap(({ column, width }): Line => {
    const isSorted = sort?.by === column.id;
    const arrow = isSorted ? (sort?.reversed ? look.glyphs.up : look.glyphs.down) : '';
    const title = fit(column.title + arrow, width, column.align ?? 'left', look.glyphs.mark);
    return [{ text: title, tone: 'dim', bold: true, inverse: isSorted }, { text: ' ' }];
  });
  const marker = given.isSelected === undefined ? '' : ' ';
  return [
    fitLine([span(marker), ...header], given.width, ''),
    ...given.rows.map((row) => rowLine(row, columns, given, look)),
  ];
}

interface Placed<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

function rowLine<Row>(row: Row, columns: readonly Placed<Row>[], given: TableGiven<Row>, look: Look): Line {
  const isSelected = given.isSelected?.(row) ?? false;
  const pointer = given.isSelected === undefined ? '' : isSelected ? look.glyphs.pointer : ' ';
  const cells = columns.flatMap(({ column, width }): Line => [...cellLine(column, row, width, look), { text: ' ' }]);
  const whole = fitLine([span(pointer, isSelected ? 'info' : 'plain'), ...cells], given.width, '');
  const clicked = given.idOf === undefined ? whole : styled(whole, { target: `row ${given.idOf(row)}` });
  // One colour only, or the row would be a patchwork.
  return isSelected ? styled(clicked, { tone: 'plain', inverse: true }) : clicked;
}

function cellLine<Row>(column: Column<Row>, row: Row, width: number, { glyphs }: Look): Line {
  const { cell, align = 'left', cut } = column;
  const given = cell(row);
  const content = cut === 'middle' ? shortened(given, width, glyphs.mark) : given;
  if (typeof content === 'string') return line(fit(content, width, align, glyphs.mark));
  if ('text' in content) return [{ ...content, text: fit(content.text, width, align, glyphs.mark) }];
  const rest = width - lineWidth(content);
  if (rest > 0 && align === 'right') return [{ text: ' '.repeat(rest) }, ...content];
  return fitLine(content, width, glyphs.mark);
}

/** In its last part, which is what differs. */
function shortened(content: Line | Span | string, width: number, mark: string): Line | Span | string {
  if (typeof content === 'string') return cutMiddle(content, width, mark);
  if ('text' in content) return { ...content, text: cutMiddle(content.text, width, mark) };
  const last = content.at(-1);
  if (last === undefined) return content;
  const before = content.slice(0, -1);
  return [...before, { ...last, text: cutMiddle(last.text, width - lineWidth(before), mark) }];
}

/** More of it would tear a line apart, in columns. */
const MOST_GAP = 12;

/** Those that there is room for, the most dispensable ones left out; what is left over goes to those that can use it. */
function fitting<Row>({ columns, rows, width, isSelected }: TableGiven<Row>): Placed<Row>[] {
  const room = width - (isSelected === undefined ? 0 : 1);
  let kept = [...columns];
  const needed = (): number => kept.reduce((sum, column) => sum + column.width + 1, -1);
  while (needed() > room) {
    const most = Math.max(...kept.map(({ rank = 0 }) => rank));
    if (most === 0) break;
    kept = kept.filter((column) => column !== kept.findLast(({ rank = 0 }) => rank === most));
  }
  let left = room - needed();
  const placed = kept.map((column) => {
    const wanted = Math.min(column.most ?? column.width, widestCell(column, rows)) - column.width;
    const more = Math.max(0, Math.min(left, wanted));
    left -= more;
    return { column, width: column.width + more };
  });
  // To the edge, if that is near: what changes at the end of a line is then not followed by blanks.
  const gap = left <= MOST_GAP ? left : 0;
  const widened = placed.findIndex(({ column: { most } }) => most !== undefined);
  return placed.map((one, at) => (at === widened ? { ...one, width: one.width + gap } : one));
}

function widestCell<Row>({ most, cell, width }: Column<Row>, rows: readonly Row[]): number {
  if (most === undefined) return width;
  return rows.reduce((widest, row) => {
    const content = cell(row);
    const own =
      typeof content === 'string' ? widthOf(content) : 'text' in content ? widthOf(content.text) : lineWidth(content);
    return Math.max(widest, own);
  }, width);
}
