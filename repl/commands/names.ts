import { isProxy } from 'node:util/types';
import { runInThisContext } from 'node:vm';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { htmlOf } from '../display/html-table.ts';
import { Shown } from '../display/shown.ts';
import type { SessionName } from '../evaluate/declared.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { bytesText, countText } from './units.ts';

export interface NameRow extends Pick<SessionName, 'name' | 'kind' | 'file'> {
  readonly type: string;
  readonly size: string;
}

const COLUMNS: readonly Column<NameRow>[] = [
  { name: 'name', cell: ({ name }) => name },
  { name: 'kind', rank: 1, cell: ({ kind }) => kind },
  { name: 'type', cell: ({ type }) => type },
  { name: 'size', cell: ({ size }) => size },
  { name: 'from', rank: 2, cell: ({ file }) => file },
];

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'names');
    return [];
  },
  call: () => 'await show.names()',
  run: async ({ evaluator }) => {
    const rows = evaluator.names().map(({ name, kind, file }): NameRow => {
      const value = currentValue(name);
      return { name, kind, file, type: typeOf(value), size: sizeOf(value) };
    });
    if (rows.length === 0) return new Shown(rows, () => 'nothing was defined yet');
    return new Shown(rows, (look) => fittedTable(COLUMNS, rows, look), { html: htmlOf(COLUMNS, rows) });
  },
};

/** What has the name now; undefined where its declaration never came to its end. */
function currentValue(name: string): unknown {
  try {
    return runInThisContext(name);
  } catch {
    return undefined;
  }
}

/** In a word; runs none of the value's own code. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'function')
    return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
  if (typeof value !== 'object') return typeof value;
  if (isProxy(value)) return 'Proxy';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null) return 'object';
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  const name: unknown = typeof maker === 'function' && Object.getOwnPropertyDescriptor(maker, 'name')?.value;
  return typeof name === 'string' && name !== '' ? name : 'object';
}

/** Of what holds something: how much; '' for all else. Runs none of the value's own code. */
export function sizeOf(value: unknown): string {
  if (typeof value === 'string') return `${countText(value.length)} characters`;
  if (typeof value === 'function') return `${countText(Function.prototype.toString.call(value).length)} characters`;
  if (typeof value !== 'object' || value === null || isProxy(value)) return '';
  if (Array.isArray(value)) return counted(value.length, 'item');
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer || ArrayBuffer.isView(value)) {
    return bytesText(value.byteLength);
  }
  if (value instanceof Map || value instanceof Set) return counted(value.size, value instanceof Map ? 'entry' : 'item');
  const { length } = Object.keys(value);
  return length === 0 ? '' : counted(length, 'field');
}

const counted = (count: number, what: string): string =>
  `${countText(count)} ${count === 1 ? what : what === 'entry' ? 'entries' : `${what}s`}`;
