import type { Client } from '../../lib/index.ts';
import { shownFigure } from '../charts/figure-shown.ts';
import { figureText } from '../charts/figure-text.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import { type BatchRow, batchesFigure, meanText } from './batches-figure.ts';
import { type Command, literal } from './command.ts';
import { requireNoMore } from './flags.ts';
import { countText } from './units.ts';

const USAGE = 'batches [backend]';

const COLUMNS: readonly Column<BatchRow>[] = [
  { name: 'backend', cell: ({ backend }) => backend },
  { name: 'batches', cell: ({ count }) => countText(count) },
  { name: 'queries', cell: ({ queries }) => countText(queries) },
  { name: 'mean', cell: (row) => meanText(row) },
  { name: 'most', cell: ({ maxBatchSize }) => String(maxBatchSize) },
  { name: 'wait', rank: 1, cell: ({ batchWaitTimeoutMs }) => `${batchWaitTimeoutMs} ms` },
];

export const command: Command<[backend?: string]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    const [backend] = words;
    return backend === undefined ? [] : [backend];
  },
  call: (backend) => `await show.batches(${backend === undefined ? '' : literal(backend)})`,
  run: async ({ client }, backend) => {
    if (backend !== undefined) await client.getBackendConfig(backend); // rejects as it should
    const rows = (await batchRows(client)).filter((row) =>
      backend === undefined ? row.count > 0 || row.maxBatchSize > 1 : row.backend === backend,
    );
    if (rows.every(({ count }) => count === 0)) return new Shown(rows, (look) => noneText(rows, look));
    const figure = batchesFigure(rows);
    const text = (look: Look): string => `${fittedTable(COLUMNS, rows, look)}\n${figureText(figure, look)}`;
    return shownFigure(rows, figure, text);
  },
};

async function batchRows(client: Client): Promise<BatchRow[]> {
  const [status, { backends }] = await Promise.all([client.status(), client.performance()]);
  return Object.entries(status.backends).map(([backend, { config }]) => ({
    ...{ backend, maxBatchSize: config.maxBatchSize ?? 1, batchWaitTimeoutMs: config.batchWaitTimeoutMs },
    ...(backends[backend]?.batches ?? { count: 0, queries: 0, sizes: [] }),
  }));
}

function noneText(rows: readonly BatchRow[], look: Look): string {
  if (rows.some(({ maxBatchSize }) => maxBatchSize > 1)) {
    return `${fittedTable(COLUMNS, rows, look)}\n${paint(look, 'dim', 'no batch in the last minute')}`;
  }
  return (
    'no backend takes batches: mark its function or class with acceptBatch, and say how many queries one may have:\n' +
    "  await client.createBackend('b', serve.acceptBatch((requests) => requests.map(() => 'Hi')), { config: { maxBatchSize: 8 } })"
  );
}
