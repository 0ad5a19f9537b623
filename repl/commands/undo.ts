import { type Client, escapeControls, type HistoryEntry, ServeError } from '../../lib/index.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';

/** Of each revision that undoing made: which one everything is as in, so that undoing again goes on from there. */
class Undone {
  readonly sameAs = new Map<number, number>();
}

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'undo');
    return [];
  },
  call: () => 'await show.undo()',
  run: async ({ client, memory, print }) => {
    const { sameAs } = memory.of(Undone);
    const entries = await client.history();
    const last = entries.at(-1)?.revision ?? 0;
    const current = sameAs.get(last) ?? last;
    const undone = entries.find(({ revision }) => revision === current);
    if (undone === undefined) throw nothingLeft(current);
    await goTo(client, current - 1, entries);
    const now = (await client.status()).instance.revision;
    sameAs.set(now, current - 1);
    const { operation, summary } = undone;
    const where = current === 1 ? 'nothing is left' : `everything is as in revision ${current - 1}`;
    print(`undone: ${operation}, ${escapeControls(summary)}\n${where}; this is revision ${now}\n`);
    print(`to have it again: .rollback ${current}\n`);
  },
};

const nothingLeft = (current: number): ServeError =>
  new ServeError(
    'INVALID_ARGUMENT',
    current === 0
      ? 'there is nothing to undo: nothing was changed, or all of it was undone'
      : `there is nothing more to undo: what was before revision ${current} is not kept`,
  );

/** Revision 0, which is nothing at all, is kept nowhere. */
async function goTo(client: Client, revision: number, entries: readonly HistoryEntry[]): Promise<void> {
  if (revision > 0) {
    if (!entries.some((entry) => entry.revision === revision)) throw nothingLeft(revision + 1);
    await client.rollback(revision);
    return;
  }
  for (const name of Object.keys(await client.listEndpoints())) await client.deleteEndpoint(name);
  for (const tag of Object.keys(await client.listBackends())) await client.deleteBackend(tag);
}
