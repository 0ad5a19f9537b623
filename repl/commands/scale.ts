import { type Command, literal } from './command.ts';
import { requireNoMore, requireWord } from './flags.ts';
import { command as replicas } from './replicas.ts';
import { wholeNumberOf } from './words.ts';

const USAGE = 'scale <backend> <n>';

export const command: Command<[backend: string, numReplicas: number]> = {
  parse: (words) => {
    requireNoMore(words, 2, USAGE);
    const backend = requireWord(words, 0, 'the backend', USAGE);
    return [backend, wholeNumberOf(words[1], 'the number of replicas', USAGE)];
  },
  call: (backend, numReplicas) =>
    `await client.updateBackendConfig(${literal(backend)}, { numReplicas: ${numReplicas} })`,
  run: async (context, backend, numReplicas) => {
    await context.client.updateBackendConfig(backend, { numReplicas });
    return replicas.run(context, backend);
  },
};
