import type { ReplicaStatus } from '../../lib/index.ts';
import { since } from '../cli/format.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { htmlOf } from '../display/html-table.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal } from './command.ts';
import { requireNoMore } from './flags.ts';

const USAGE = 'replicas [backend]';

const COLORS = { STARTING: 'yellow', RUNNING: 'green', UPDATING: 'yellow', STOPPING: 'yellow', DEAD: 'red' } as const;

const COLUMNS: readonly Column<ReplicaStatus>[] = [
  { name: 'replica', cell: ({ tag }) => tag },
  { name: 'state', cell: ({ state }, look) => paint(look, COLORS[state], state) },
  { name: 'node', rank: 5, cell: ({ node }) => node },
  {
    name: 'runs in',
    cell: ({ isolation, pid, threadId }) =>
      isolation === 'process' ? `process ${pid || '-'}` : `thread ${threadId ?? '-'}`,
  },
  { name: 'ongoing', cell: ({ ongoing, limit }) => `${ongoing}/${limit}` },
  { name: 'queued', rank: 2, cell: ({ queued }) => String(queued) },
  { name: 'gpus', rank: 3, cell: ({ gpus }) => gpus.join(',') || '-' },
  { name: 'restarts', rank: 1, cell: ({ restarts }) => String(restarts) },
  { name: 'up', rank: 4, cell: ({ startedAt }) => since(startedAt) },
];

export const command: Command<[backend?: string]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    const [backend] = words;
    return backend === undefined ? [] : [backend];
  },
  call: (backend) => `await show.replicas(${backend === undefined ? '' : literal(backend)})`,
  run: async ({ client }, backend) => {
    if (backend !== undefined) await client.getBackendConfig(backend); // rejects as it should
    const { replicas } = await client.status();
    const rows = replicas.filter((replica) => backend === undefined || replica.backend === backend);
    const text = (look: Look): string => {
      if (rows.length > 0) return fittedTable(COLUMNS, rows, look);
      return backend === undefined ? 'no replicas yet' : `backend '${backend}' has no replicas: .scale ${backend} 1`;
    };
    return new Shown(rows, text, rows.length === 0 ? null : { html: htmlOf(COLUMNS, rows) });
  },
};
