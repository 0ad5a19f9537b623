import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { wholeNumberOf } from './words.ts';

const USAGE = 'rollback <revision>';

export const command: Command<[revision: number]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    return [wholeNumberOf(words[0], 'the revision, one of those in .revisions,', USAGE)];
  },
  call: (revision) => `await client.rollback(${revision})`,
  run: async ({ client, print }, revision) => {
    const before = (await client.status()).instance.revision;
    await client.rollback(revision);
    const now = (await client.status()).instance.revision;
    print(`everything is as in revision ${revision}; this is revision ${now}\n`);
    print(`to have it as before: .rollback ${before}\n`);
  },
};
