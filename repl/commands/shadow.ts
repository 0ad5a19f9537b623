import { type Command, literal, usageError } from './command.ts';
import { requireNoMore, requireWord } from './flags.ts';
import { command as traffic } from './traffic.ts';
import { numberOf } from './words.ts';

const USAGE = 'shadow <endpoint> <tag> <proportion>';

export const command: Command<[endpoint: string, tag: string, proportion: number]> = {
  parse: (words) => {
    requireNoMore(words, 3, USAGE);
    const endpoint = requireWord(words, 0, 'the endpoint', USAGE);
    const tag = requireWord(words, 1, 'the backend', USAGE);
    const text = requireWord(words, 2, 'the proportion', USAGE);
    const [, percent] = /^([\d.]+)%$/.exec(text) ?? [];
    const proportion =
      percent === undefined
        ? numberOf(text, 'the proportion', USAGE)
        : numberOf(percent, 'the proportion', USAGE) / 100;
    if (proportion < 0 || proportion > 1) throw usageError(USAGE, `the proportion must be 0 to 1, got '${text}'`);
    return [endpoint, tag, proportion];
  },
  call: (endpoint, tag, proportion) =>
    `await client.shadowTraffic(${literal(endpoint)}, ${literal(tag)}, ${proportion})`,
  run: async (context, endpoint, tag, proportion) => {
    await context.client.shadowTraffic(endpoint, tag, proportion);
    return traffic.run(context, endpoint);
  },
};
