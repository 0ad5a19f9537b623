import { listInstances, ServeError } from '../../lib/index.ts';
import { type Command, literal } from './command.ts';
import { requireNoMore, requireWord } from './flags.ts';
import { didYouMean } from './nearest.ts';

const USAGE = 'attach <instance>';

export const command: Command<[instance: string]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    return [requireWord(words, 0, 'the instance', USAGE)];
  },
  call: (instance) => `await show.attach(${literal(instance)})`,
  run: async ({ connect, print }, instance) => {
    await connect(instance).catch(async (error: unknown) => {
      if (!(error instanceof ServeError) || error.code !== 'INSTANCE_NOT_FOUND') throw error;
      const running = (await listInstances()).filter(({ state }) => state === 'running').map(({ name }) => name);
      const near = didYouMean(instance, running);
      throw near === '' ? error : new ServeError('INSTANCE_NOT_FOUND', `no instance '${instance}' is running${near}`);
    });
    print(`client, endpoints and http are those of instance '${instance}' now\n`);
  },
};
