import { StringDecoder } from 'node:string_decoder';
import { type Client, escapeControls, findInstance, ServeError } from '../../lib/index.ts';
import { followFile, readFile } from '../cli/followed-file.ts';
import { type Command, literal, usageError } from './command.ts';
import { flagsOf, requireNoMore } from './flags.ts';
import { didYouMean } from './nearest.ts';
import { wholeNumberOf } from './words.ts';

const USAGE = 'logs [-f] [-n lines] [replica]';

interface LogsGiven {
  /** Or a backend, for all of its replicas. Default: everything. */
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
    const isWanted = replica === undefined ? () => true : linesOf(await requireReplica(client, replica));
    const last = new LastLines(lines, isWanted);
    await readFile(log, 'start', async (bytes) => last.take(bytes));
    print(last.text);
    if (replica !== undefined) {
      print(`(lines that name ${replica}; what backends print themselves is not marked with the replica)\n`);
    }
    if (!follow) return;
    const next = new Lines();
    const show = async (bytes: Buffer): Promise<void> => {
      const wanted = next.take(bytes).filter(isWanted);
      if (wanted.length > 0) print(printable(wanted));
    };
    await followFile(log, { lastLines: 0 }, show, signal);
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

/** Those with this name as a word of its own; of a backend also those with its replicas. */
function linesOf(name: string): (line: string) => boolean {
  const exact = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`(?<![\\w.:#-])${exact}${name.includes('#') ? '' : '(?:#\\d+)?'}(?![\\w#-])`);
  return (line) => pattern.test(line);
}

/** Bytes as they come, as whole lines. */
class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  take(bytes: Buffer): readonly string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  /** The last, which has no end yet. */
  get rest(): readonly string[] {
    return this.#rest === '' ? [] : [this.#rest];
  }
}

class LastLines {
  readonly #most: number;
  readonly #isWanted: (line: string) => boolean;
  readonly #lines = new Lines();
  #kept: string[] = [];

  constructor(most: number, isWanted: (line: string) => boolean) {
    this.#most = most;
    this.#isWanted = isWanted;
  }

  take(bytes: Buffer): void {
    this.#kept.push(...this.#lines.take(bytes).filter(this.#isWanted));
    if (this.#kept.length > 2 * this.#most + 1000) this.#kept = this.#last(this.#kept);
  }

  get text(): string {
    return printable(this.#last([...this.#kept, ...this.#lines.rest.filter(this.#isWanted)]));
  }

  #last(lines: string[]): string[] {
    return lines.slice(Math.max(0, lines.length - this.#most));
  }
}

/** What users' code has printed must not drive the terminal; tabs are harmless, and common. */
const printable = (lines: readonly string[]): string =>
  lines.map((line) => `${line.replace(/[^\t]+/g, escapeControls)}\n`).join('');
