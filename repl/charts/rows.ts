/** What is given to be drawn, read: every mistake says what was found and what there is. */
import { inspect } from 'node:util';
import { ServeError } from '../../lib/index.ts';

export type Row = Readonly<Record<string, unknown>>;

/** What is larger has no axis. */
const LARGEST = 1e100;
/** What is nearer to 0 is 0. */
const LEAST = 1e-100;
const MOST_NAMED = 12;

export const refused = (message: string): ServeError => new ServeError('INVALID_ARGUMENT', message);

export function requireOptions(given: unknown, names: readonly string[], of: string): Row {
  if (given === undefined) return {};
  if (!isRow(given)) throw refused(`the options of ${of} must be an object, got ${shown(given)}`);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw refused(`${of} has no option '${unknown}'; there are ${listed(names)}`);
  return given;
}

/** At least one. */
export function requireRows(given: unknown, of: string): readonly Row[] {
  const rows = isIterable(given) ? [...given] : null;
  if (rows === null) throw refused(`${of} wants a list of rows like { x: 1, y: 2 }, got ${shown(given)}`);
  if (rows.length === 0) throw refused(`${of} got no rows; there is nothing to draw`);
  for (const [at, row] of rows.entries()) {
    if (!isRow(row)) throw refused(`row ${at} of ${of} must be an object like { x: 1, y: 2 }, got ${shown(row)}`);
  }
  return rows as readonly Row[];
}

/** Names of columns, given as one or as a list. */
export function requireColumns(given: unknown, option: string, rows: readonly Row[], of: string): readonly string[] {
  const there = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const names = requireNames(given, option, of, `; there are ${listed(there)}`);
  const missing = names.find((name) => !there.includes(name));
  if (missing !== undefined) throw refused(`no row of ${of} has '${missing}' (${option}); there are ${listed(there)}`);
  return names;
}

/** One name or several. `hint`: what could be named. */
export function requireNames(given: unknown, option: string, of: string, hint = ''): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (names.length === 0) throw refused(`${option} of ${of} names nothing${hint}`);
  return names.map((name, at) => {
    if (typeof name !== 'string') throw refused(`${option} of ${of} must be a name, got ${shown(name)}${hint}`);
    if (names.indexOf(name) !== at) throw refused(`${option} of ${of} names '${name}' twice`);
    return name;
  });
}

/** null where there is none: a gap. */
export function numbersOf(rows: readonly Row[], column: string, of: string): readonly (number | null)[] {
  return rows.map((row, at) => numberOrGap(row[column], `'${column}' of row ${at} of ${of}`));
}

export const numberOrGap = (value: unknown, what: string): number | null =>
  value === null || value === undefined || Number.isNaN(value) ? null : requireNumber(value, what);

export function requireNumber(value: unknown, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Math.abs(number) <= LARGEST) return Math.abs(number) < LEAST ? 0 : number;
  const wanted = typeof number === 'number' ? `a number up to ${LARGEST}` : 'a number';
  throw refused(`${what} must be ${wanted}, got ${shown(value)}`);
}

/** '' for none. */
export function requireText(given: unknown, option: string, of: string): string {
  if (given === undefined) return '';
  if (typeof given === 'string') return given;
  throw refused(`${option} of ${of} must be a text, got ${shown(given)}`);
}

export const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

export const shown = (value: unknown): string =>
  inspect(value, { depth: 0, maxStringLength: 40, breakLength: Number.POSITIVE_INFINITY });

export function listed(names: readonly string[]): string {
  const first = names.slice(0, MOST_NAMED).map((name) => `'${name}'`);
  const left = names.length - first.length;
  return first.length === 0 ? 'none' : `${first.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
