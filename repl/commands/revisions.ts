import { escapeControls, type HistoryEntry } from '../../lib/index.ts';
import { type Column, fittedTable } from '../display/fitted-table.ts';
import { htmlOf } from '../display/html-table.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';

/** The newest; `.data` has them all. */
const MOST_ROWS = 30;

const COLUMNS: readonly Column<HistoryEntry>[] = [
  { name: 'revision', cell: ({ revision }) => String(revision) },
  { name: 'at', rank: 2, cell: ({ at }) => new Date(at).toLocaleTimeString('sv') },
  { name: 'operation', rank: 1, cell: ({ operation }) => operation },
  { name: 'what', least: 30, cell: ({ summary }) => escapeControls(summary) },
  { name: 'author', rank: 3, cell: ({ author }) => escapeControls(author) },
];

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'revisions');
    return [];
  },
  call: () => 'await client.history()',
  run: async ({ client }) => {
    const entries = await client.history();
    const newest = entries.slice(-MOST_ROWS);
    const text = (look: Look): string => {
      if (entries.length === 0) return 'nothing has been changed yet';
      const left = entries.length - newest.length;
      const table = fittedTable(COLUMNS, newest, look);
      return left > 0 ? `… ${left} before these\n${table}` : table;
    };
    return new Shown(entries, text, entries.length === 0 ? null : { html: htmlOf(COLUMNS, newest) });
  },
};
