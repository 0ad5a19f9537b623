import { inspect, isDeepStrictEqual } from 'node:util';
import type { BackendConfig } from '../../lib/index.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { paint } from '../display/paint.ts';
import { withoutSecrets } from '../display/secrets.ts';
import { Shown } from '../display/shown.ts';
import { type Command, literal } from './command.ts';
import { requireWord } from './flags.ts';
import { assignmentsOf } from './words.ts';

const USAGE = 'config <backend> [key=value…]';

type Changes = Readonly<Record<string, unknown>>;

interface Row {
  readonly key: string;
  readonly value: unknown;
  readonly before: unknown;
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'key', cell: ({ key }) => key },
  { name: 'value', least: 20, cell: ({ value }) => onOneLine(value) },
  {
    name: 'before',
    least: 10,
    cell: ({ value, before }, look) =>
      isDeepStrictEqual(value, before) ? '' : paint(look, 'yellow', onOneLine(before)),
  },
];

export const command: Command<[backend: string, changes?: Changes]> = {
  parse: (words) => {
    const backend = requireWord(words, 0, 'the backend', USAGE);
    return words.length === 1 ? [backend] : [backend, assignmentsOf(words.slice(1), USAGE)];
  },
  call: (backend, changes) =>
    changes === undefined
      ? `await client.getBackendConfig(${literal(backend)})`
      : `await client.updateBackendConfig(${literal(backend)}, ${literal(changes)})`,
  run: async ({ client }, backend, changes) => {
    const before = await client.getBackendConfig(backend);
    if (changes !== undefined) await client.updateBackendConfig(backend, changes as Partial<BackendConfig>);
    const now = changes === undefined ? before : await client.getBackendConfig(backend);
    return new Shown(now, (look) => {
      const shown = withoutSecrets(now) as BackendConfig;
      const shownBefore = withoutSecrets(before) as BackendConfig;
      const rows = Object.entries(shown).map(([key, value]) => ({ key, value, before: Reflect.get(shownBefore, key) }));
      return fittedTable(changes === undefined ? COLUMNS.slice(0, 2) : COLUMNS, rows, look);
    });
  },
};

const onOneLine = (value: unknown): string =>
  inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 4, maxStringLength: 200 });
