import { escapeControls } from '../../lib/index.ts';
import { shownFigure } from '../charts/figure-shown.ts';
import { amount } from '../cli/format.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { bar, paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import { backendRows, pendingLines, pendingTexts } from './backends.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { type Gpu, gpusFigure, sharedOut } from './gpus-figure.ts';
import { bytesText } from './units.ts';

const BAR_COLUMNS = 10;

const COLUMNS: readonly Column<Gpu>[] = [
  { name: 'gpu', cell: ({ index }) => String(index) },
  { name: 'name', rank: 2, cell: ({ name }) => escapeControls(name ?? '-') },
  { name: 'node', rank: 4, cell: ({ node }) => node },
  {
    name: 'given out',
    cell: (gpu, look) => `${paint(look, 'cyan', bar(sharedOut(gpu), BAR_COLUMNS))} ${amount(sharedOut(gpu))}`,
  },
  {
    name: 'memory',
    rank: 3,
    cell: ({ memoryBytes, memoryUsedBytes }) =>
      memoryBytes === undefined
        ? '-'
        : `${memoryUsedBytes === undefined ? '' : `${bytesText(memoryUsedBytes)} of `}${bytesText(memoryBytes)}`,
  },
  {
    name: 'busy',
    rank: 1,
    cell: ({ utilization }) => (utilization === undefined ? '-' : `${Math.round(utilization * 100)} %`),
  },
  {
    name: 'held by',
    least: 16,
    cell: ({ allocations }) =>
      allocations.map(({ replica, share }) => `${replica}${share === 1 ? '' : ` ${amount(share)}`}`).join(', ') || '-',
  },
];

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'gpus');
    return [];
  },
  call: () => 'await show.gpus()',
  run: async ({ client }) => {
    const status = await client.status();
    const gpus = status.nodes.flatMap((node) => node.gpus.map((gpu) => ({ ...gpu, node: node.hostname })));
    const waiting = backendRows(status)
      .map((row) => ({ ...row, replicas: { ...row.replicas, pending: row.replicas.pending.filter(isForGpu) } }))
      .filter(({ replicas }) => replicas.pending.length > 0);
    const pending = waiting.map(({ tag, replicas }) => ({ backend: tag, reasons: replicas.pending }));
    const text = (look: Look): string => {
      const table =
        gpus.length === 0
          ? 'no GPUs: none was found, and serve.start({ resources: { gpus } }) declared none'
          : fittedTable(COLUMNS, gpus, look);
      return [table, ...pendingLines(waiting, look)].join('\n');
    };
    const data = { gpus, pending };
    return gpus.length === 0 ? new Shown(data, text) : shownFigure(data, gpusFigure(gpus, pendingTexts(waiting)), text);
  },
};

const isForGpu = ({ reason }: { readonly reason: string }): boolean => /\bGPUs?\b/.test(reason);
