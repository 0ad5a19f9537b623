/** Lists of like objects, as a table. */
import { inspect, stripVTControlCharacters, styleText } from 'node:util';
import type { Look } from '../session/protocol.ts';
import { widthOf } from './width.ts';

const MOST_COLUMNS = 12;
const MOST_ROWS = 50;
const WIDEST_CELL = 40;

type Row = Readonly<Record<string, unknown>>;

/** The first rows of a list, as texts. */
export interface List {
  readonly head: readonly string[];
  readonly cells: readonly (readonly string[])[];
  /** How many rows come after these. */
  readonly left: number;
}

/** null: no list of at least two objects with the same, few fields, none of which holds more. */
export function listOf(value: unknown): List | null {
  if (!isListOfLikes(value)) return null;
  const head = Object.keys(value[0] ?? {});
  const cells = value.slice(0, MOST_ROWS).map((row) => head.map((name) => cellOf(row[name])));
  return { head, cells, left: value.length - cells.length };
}

/** null: no such list; or a text in it is long, or it is too wide for the screen. */
export function tableOf(value: unknown, look: Look): string | null {
  const list = listOf(value);
  if (list === null) return null;
  if (list.cells.flat().some((cell) => cell.length > WIDEST_CELL || cell.includes('\n'))) return null;
  const text = columnsOf(list.head, list.cells, look);
  return text === null ? null : withRowsLeft(text, list);
}

export const withRowsLeft = (text: string, { left }: List): string => (left > 0 ? `${text}\n… ${left} more` : text);

/** A number, with its unit. */
const NUMBER = /^(?:-|-?[\d.,]+(?: ?(?:%|ns|µs|ms|s|B|kB|MB|GB)|\/s)?|)$/;

export const isNumeric = (cell: string): boolean => NUMBER.test(stripVTControlCharacters(cell));

/** Head and rows in columns as wide as they need; numbers to the right. null when the screen is narrower. */
export function columnsOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { colors, columns }: Look,
): string | null {
  const widths = head.map((name, at) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[at] ?? ''))));
  if (widths.reduce((sum, width) => sum + width + 2, 0) > columns + 2) return null;
  const isRight = head.map((_, at) => rows.every((row) => isNumeric(row[at] ?? '')));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => {
        const room = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
        return isRight[at] ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd();
  const title = line(head);
  return [colors ? styleText('bold', title, { validateStream: false }) : title, ...rows.map(line)].join('\n');
}

const cellOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : inspect(value, { depth: 0, breakLength: Infinity });

function isListOfLikes(value: unknown): value is readonly Row[] {
  if (!Array.isArray(value) || value.length < 2) return false;
  const first: unknown = value[0];
  if (!isRow(first)) return false;
  const names = Object.keys(first).join();
  return names !== '' && value.every((row) => isRow(row) && Object.keys(row).join() === names);
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const fields = Object.values(value);
  return fields.length <= MOST_COLUMNS && fields.every((field) => typeof field !== 'object' || field === null);
}
