import type { EndpointStatus, ServeStatus } from '../../lib/index.ts';
import { escapeControls } from '../../lib/index.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { htmlOf } from '../display/html-table.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { STATS_COLUMNS } from './stats-columns.ts';
import { percentText } from './units.ts';

export type EndpointRow = EndpointStatus & { readonly name: string };

const COLUMNS: readonly Column<EndpointRow>[] = [
  { name: 'endpoint', cell: ({ name }) => name },
  { name: 'route', least: 12, cell: ({ route }) => (route === null ? '-' : escapeControls(route)) },
  { name: 'methods', rank: 7, cell: ({ methods }) => methods.join(',') },
  { name: 'traffic', least: 16, cell: ({ traffic }) => sharesText(traffic) },
  { name: 'shadows', rank: 6, least: 10, cell: ({ shadows }) => sharesText(shadows) },
  ...STATS_COLUMNS,
];

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'endpoints');
    return [];
  },
  call: () => 'await show.endpoints()',
  run: async ({ client }) => {
    const rows = endpointRows(await client.status());
    return new Shown(
      rows,
      (look) => endpointsText(rows, look),
      rows.length === 0 ? null : { html: endpointsHtml(rows) },
    );
  },
};

export const endpointRows = ({ endpoints }: ServeStatus): EndpointRow[] =>
  Object.entries(endpoints).map(([name, status]) => ({ name, ...status }));

export const endpointsText = (rows: readonly EndpointRow[], look: Look): string =>
  rows.length === 0
    ? "no endpoints yet:\n  await client.createEndpoint('hi', { backend: 'hi', route: '/hi' })"
    : fittedTable(COLUMNS, rows, look);

export const endpointsHtml = (rows: readonly EndpointRow[]): string => htmlOf(COLUMNS, rows);

/** The name alone where it gets everything. */
function sharesText(shares: Readonly<Record<string, number>>): string {
  const given = Object.entries(shares).filter(([, share]) => share > 0);
  return given.map(([tag, share]) => (share === 1 ? tag : `${tag} ${percentText(share)}`)).join(', ') || '-';
}
