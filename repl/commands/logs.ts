import { type Client, escapeControls, findInstance, ServeError } from '../../lib/index.ts';
import { type IsWanted, linesOf, printableLines, showLines } from '../log-lines.ts';
import { type Command, literal, usageError } from './command.ts';
import { flagsOf, requireNoMore } from './flags.ts';
import { didYouMean } from './nearest.ts';
import { wholeNumberOf } from './words.ts';

const USAGE = 'logs [-f] [-n lines] [replica]';

interface LogsGiven {
  /** What it prints, and what the instance says of it; of a backend, of all its replicas. Default: everything. */
  readonly replica?: string;
  /** Goes on with what comes, until it is interrupted. Default false. */
  readonly follow?: boolean;
  /** How many of the last lines. Default 40. */
  readonly lines?: number;
}

export const command: Command<[given?: LogsGiven]> = {
  parse: (words) => {
    const { rest, given } = flagsOf(words, { f: 'alone', n: 'value' }, USAGE);
    requireNoMore(rest, 1, USAGE);
    const [replica] = rest;
    const read: LogsGiven = {
      ...(replica !== undefined && { replica }),
      ...(given.f !== undefined && { follow: true }),
      ...(given.n !== undefined && { lines: wholeNumberOf(given.n, 'the number of lines', USAGE) }),
    };
    return Object.keys(read).length === 0 ? [] : [read];
  },
  call: (given) => `await show.logs(${given === undefined ? '' : literal(given)})`,
  run: async ({ client, print, signal }, { replica, follow = false, lines = 40 } = {}) => {
    const log = await logOf(client);
    const isWanted: IsWanted = replica === undefined ? () => true : linesOf(await requireReplica(client, replica));
    const wanted = { isWanted, last: lines, follow: follow ? signal : null };
    await showLines(log, wanted, (some) => {
      if (some.length > 0) print(printableLines(some));
    });
  },
};

async function logOf(client: Client): Promise<string> {
  const { name, pid } = (await client.status()).instance;
  const { log } = await findInstance(name);
  if (log !== null) return log;
  throw new ServeError('INVALID_ARGUMENT', `instance '${name}' has no log: it prints where its process ${pid} does`);
}

async function requireReplica(client: Client, name: string): Promise<string> {
  const { replicas, backends } = await client.status();
  const tags = replicas.map(({ tag }) => tag);
  if (tags.includes(name) || Object.hasOwn(backends, name)) return name;
  const known = [...tags, ...Object.keys(backends)];
  throw usageError(USAGE, `there is no replica '${escapeControls(name)}'${didYouMean(name, known)}`);
}
