import { formatEvent, type ServeEvent } from '../../lib/index.ts';
import { Shown } from '../display/shown.ts';
import type { Command } from './command.ts';
import { flagsOf, requireNoMore } from './flags.ts';
import { wholeNumberOf } from './words.ts';

const USAGE = 'events [-f] [-n count]';
const FLAGS = { f: 'alone', n: 'value' } as const;
const DEFAULT_COUNT = 20;

interface EventsWanted {
  readonly follow?: true;
  readonly count?: number;
}

export const command: Command<[wanted?: EventsWanted]> = {
  parse: (words) => {
    const { rest, given } = flagsOf(words, FLAGS, USAGE);
    requireNoMore(rest, 0, USAGE);
    const wanted: EventsWanted = {
      ...(given.f !== undefined && { follow: true }),
      ...(given.n !== undefined && { count: wholeNumberOf(given.n, '-n', USAGE) }),
    };
    return Object.keys(wanted).length === 0 ? [] : [wanted];
  },
  call: ({ follow, count = DEFAULT_COUNT } = {}) =>
    follow
      ? `for await (const event of client.events({ count: ${count}, follow: true })) console.log(event)`
      : `await client.events({ count: ${count} })`,
  run: async ({ client, print, signal }, { follow, count = DEFAULT_COUNT } = {}) => {
    if (!follow) {
      const found = await client.events({ count });
      return new Shown(found, () => textOf(found));
    }
    const events = client.events({ count, follow: true });
    signal.addEventListener('abort', () => void events.return?.(), { once: true });
    for await (const event of events) print(`${formatEvent(event)}\n`);
    return undefined;
  },
};

const textOf = (events: readonly ServeEvent[]): string =>
  events.length === 0 ? 'nothing has happened yet' : events.map(formatEvent).join('\n');
