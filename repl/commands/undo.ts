import { type Client, escapeControls, ServeError } from '../../lib/index.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { standsFor } from './revision-stands-for.ts';

/** Revisions after which nothing was left, as undoing the first change made them: they stand for revision 0. */
class Emptied {
  readonly revisions = new Set<number>();
}

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'undo');
    return [];
  },
  call: () => 'await show.undo()',
  run: async ({ client, memory, print }) => {
    const emptied = memory.of(Emptied).revisions;
    const entries = await client.history();
    const current = standsFor(entries.at(-1)?.revision ?? 0, entries, emptied);
    const undone = entries.find(({ revision }) => revision === current);
    if (undone === undefined) throw nothingLeft(current);
    const before = standsFor(current - 1, entries, emptied);
    if (before > 0 && !entries.some(({ revision }) => revision === before)) throw nothingLeft(current);
    await (before === 0 ? removeAll(client) : client.rollback(before));
    const now = (await client.status()).instance.revision;
    if (before === 0) emptied.add(now);
    const { operation, summary } = undone;
    const where = before === 0 ? 'nothing is left' : `everything is as in revision ${before}`;
    print(`undone: revision ${current}, ${operation}, ${escapeControls(summary)}\n${where}; this is revision ${now}\n`);
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

/** Revision 0 is kept nowhere. */
async function removeAll(client: Client): Promise<void> {
  for (const name of Object.keys(await client.listEndpoints())) await client.deleteEndpoint(name);
  for (const tag of Object.keys(await client.listBackends())) await client.deleteBackend(tag);
}
