/** Tables of commands: on a narrow screen the least important columns are left out, and then the widest cells are cut. */
import type { Look } from '../session/protocol.ts';
import { columnsOf } from './table.ts';
import { clipped, widthOf } from './width.ts';

export interface Column<Row> {
  readonly name: string;
  cell(row: Row, look: Look): string;
  /** The greatest is left out first; none: it stays. */
  readonly rank?: number;
  /** Its cells are cut to as few columns of the screen as this before a column is left out. Default: they are not. */
  readonly least?: number;
}

/** So narrow a column says nothing any more. */
export const LEAST_COLUMNS = 6;

export interface Grid {
  readonly head: readonly string[];
  readonly cells: readonly (readonly string[])[];
}

export function fittedTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], look: Look): string {
  for (let kept = columns; ; kept = withoutLeast(kept)) {
    const head = kept.map(({ name }) => name);
    const cells = rows.map((row) => kept.map((column) => column.cell(row, look)));
    const isLast = kept.every(({ rank }) => rank === undefined);
    const leasts = kept.map(({ least }) => least ?? (isLast ? LEAST_COLUMNS : Number.POSITIVE_INFINITY));
    const grid = cutGrid({ head, cells }, leasts, look.columns);
    const text = columnsOf(grid.head, grid.cells, isLast ? { ...look, columns: Number.POSITIVE_INFINITY } : look);
    if (text !== null) return text;
  }
}

function withoutLeast<Row>(columns: readonly Column<Row>[]): readonly Column<Row>[] {
  const greatest = Math.max(...columns.map(({ rank = 0 }) => rank));
  return columns.filter(({ rank = 0 }) => rank !== greatest);
}

/** The widest column that may gives up a column of the screen, again and again. */
export function cutGrid({ head, cells }: Grid, leasts: readonly number[], columns: number): Grid {
  const widths = head.map((name, at) => Math.max(widthOf(name), ...cells.map((row) => widthOf(row[at] ?? ''))));
  const sum = (): number => widths.reduce((total, width) => total + width + 2, -2);
  while (sum() > columns) {
    const widest = Math.max(...widths.filter((width, at) => width > (leasts[at] ?? 0)));
    if (widest < 0) break;
    const at = widths.findIndex((width, column) => width === widest && width > (leasts[column] ?? 0));
    widths[at] = widest - 1;
  }
  const cut = (row: readonly string[]): string[] => row.map((cell, at) => clipped(cell, widths[at] ?? 0));
  return { head: cut(head), cells: cells.map(cut) };
}
