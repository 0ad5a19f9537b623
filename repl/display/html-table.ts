/** Tables for pages: what is said of a cell's look stands in the cell, as pages that clean what they show drop styles. */
import type { Look } from '../session/protocol.ts';
import type { Column, Grid } from './fitted-table.ts';
import { escapeHtml } from './html-escape.ts';
import { isNumeric, type List } from './table.ts';

/** Nothing is left out, and nothing is cut: a page can be as wide as it needs. */
const WIDE: Look = { colors: false, columns: Number.POSITIVE_INFINITY };

export const htmlOf = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string =>
  htmlTable({
    head: columns.map(({ name }) => name),
    cells: rows.map((row) => columns.map((column) => column.cell(row, WIDE))),
  });

export const htmlOfList = (list: List): string =>
  htmlTable(list) + (list.left > 0 ? `\n<p>… ${list.left} more</p>` : '');

/** Numbers to the right. A row is a line, so that what has changed of one can be seen. */
function htmlTable({ head, cells }: Grid): string {
  const isRight = head.map((_, at) => cells.length > 0 && cells.every((row) => isNumeric(row[at] ?? '')));
  const cell = (name: 'th' | 'td', text: string, at: number): string =>
    `<${name} align="${isRight[at] ? 'right' : 'left'}">${escapeHtml(text)}</${name}>`;
  const row = (name: 'th' | 'td', texts: readonly string[]): string =>
    `<tr>${texts.map((text, at) => cell(name, text, at)).join('')}</tr>`;
  const rows = [`<thead>${row('th', head)}</thead>`, '<tbody>', ...cells.map((one) => row('td', one)), '</tbody>'];
  return ['<table>', ...rows, '</table>'].join('\n');
}
