import type { BackendStatus, ServeStatus } from '../../lib/index.ts';
import { escapeControls } from '../../lib/index.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { escapeHtml } from '../display/html-escape.ts';
import { htmlOf } from '../display/html-table.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { STATS_COLUMNS } from './stats-columns.ts';

export type BackendRow = BackendStatus & { readonly tag: string; readonly isolation: string | null };

const COLUMNS: readonly Column<BackendRow>[] = [
  { name: 'backend', cell: ({ tag }) => tag },
  {
    name: 'replicas',
    cell: ({ replicas: { running, target } }, look) =>
      running < target ? paint(look, 'yellow', `${running}/${target}`) : `${running}/${target}`,
  },
  ...STATS_COLUMNS,
  { name: 'queued', rank: 5, cell: ({ queued }) => String(queued) },
  { name: 'isolation', rank: 6, cell: ({ isolation }) => isolation ?? '-' },
];

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'backends');
    return [];
  },
  call: () => 'await show.backends()',
  run: async ({ client }) => {
    const rows = backendRows(await client.status());
    return new Shown(rows, (look) => backendsText(rows, look), rows.length === 0 ? null : { html: backendsHtml(rows) });
  },
};

export const backendRows = ({ backends, replicas }: ServeStatus): BackendRow[] =>
  Object.entries(backends).map(([tag, backend]) => ({
    ...backend,
    tag,
    isolation: replicas.find((replica) => replica.backend === tag)?.isolation ?? null,
  }));

export function backendsText(rows: readonly BackendRow[], look: Look): string {
  if (rows.length === 0) return "no backends yet:\n  await client.createBackend('hi', () => 'Hi')";
  return [fittedTable(COLUMNS, rows, look), ...pendingLines(rows, look)].join('\n');
}

/** With why replicas are not there yet. */
export const backendsHtml = (rows: readonly BackendRow[]): string =>
  [htmlOf(COLUMNS, rows), ...pendingTexts(rows).map((text) => `<p>${escapeHtml(text)}</p>`)].join('\n');

const waitingText = (reason: string): string => (reason.startsWith('waits for ') ? reason : `waits: ${reason}`);

/** Why replicas are not there yet. */
export const pendingLines = (rows: readonly BackendRow[], look: Look): readonly string[] =>
  pendingTexts(rows).map((text) => paint(look, 'yellow', `  ${text}`));

export const pendingTexts = (rows: readonly BackendRow[]): readonly string[] =>
  rows.flatMap(({ tag, replicas }) => {
    const reasons = new Set(replicas.pending.map(({ reason }) => reason.split('\n', 1)[0] ?? ''));
    return [...reasons].map((reason) => `${tag} ${escapeControls(waitingText(reason))}`);
  });
