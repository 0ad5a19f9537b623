/** Lists of like objects whose texts are too long for a screen. */
import { escapeControls } from '../../lib/index.ts';
import type { Look } from '../session/protocol.ts';
import { cutGrid, LEAST_COLUMNS } from './fitted-table.ts';
import { columnsOf, listOf, withRowsLeft } from './table.ts';

/** As a table whose widest cells are cut to fit the screen; null: no such list, or too many columns for it. */
export function cutTableOf(value: unknown, look: Look): string | null {
  const list = listOf(value);
  if (list === null) return null;
  // No more of a cell is ever seen: what is huge is not measured.
  const cell = (text: string): string => escapeControls(text.slice(0, look.columns + 1));
  const cells = list.cells.map((row) => row.map(cell));
  const leasts = list.head.map(() => LEAST_COLUMNS);
  const grid = cutGrid({ head: list.head.map(cell), cells }, leasts, look.columns);
  const text = columnsOf(grid.head, grid.cells, look);
  return text === null ? null : withRowsLeft(text, list);
}
