import { StringDecoder } from 'node:string_decoder';
import { type Command, InvalidArgumentError } from 'commander';
import { findInstance, ServeError } from '../../lib/index.ts';
import { linesOf, printable, printableLines, showLines } from '../log-lines.ts';
import { followFile, readFile } from './followed-file.ts';
import { type NamedOptions, named, nameOf, wholeNumber } from './options.ts';
import { write } from './output.ts';

interface LogsOptions extends NamedOptions {
  readonly follow?: true;
  readonly lines?: number;
  /** Or a backend. */
  readonly replica?: string;
}

export function addLogs(program: Command): void {
  named(program.command('logs'))
    .summary('what it and its backends print')
    .description('Shows what an instance and its backends print, where it has a process of its own.')
    .option('-f, --follow', 'go on with what it prints from now on, through restarts, until Ctrl-C')
    .option('-n, --lines <count>', 'only the last lines (default: all)', wholeNumber)
    .option('--replica <tag>', 'only what it prints, and what is said of it: model#1; model for all of its', replicaTag)
    .action(async (_: LogsOptions, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      const log = await logOf(nameOf(options));
      if (options.replica === undefined) await showLog(log, options);
      else await showReplica(log, options.replica, options);
    });
}

function replicaTag(given: string): string {
  if (/^[A-Za-z0-9][\w.:-]*(#\d+)?$/.test(given)) return given;
  throw new InvalidArgumentError('A replica (model#1) or a backend (model) is wanted.');
}

/** Rejects with INVALID_ARGUMENT where it has none. */
export async function logOf(name: string): Promise<string> {
  const { log, state, pid } = await findInstance(name);
  if (log !== null) return log;
  const where = state === 'running' ? `it prints where its process ${pid} does` : 'it has left none';
  throw new ServeError('INVALID_ARGUMENT', `instance '${name}' has no log: ${where}`);
}

async function showLog(path: string, { follow, lines }: LogsOptions): Promise<void> {
  const decoder = new StringDecoder('utf8');
  const from = lines === undefined ? 'start' : { lastLines: lines };
  const take = (bytes: Buffer): Promise<void> => write(printable(decoder.write(bytes)));
  // Ctrl-C ends the process, and nothing of it needs an end in order.
  if (follow) await followFile(path, from, take, new AbortController().signal);
  else await readFile(path, from, take);
}

async function showReplica(path: string, replica: string, { follow, lines = Infinity }: LogsOptions): Promise<void> {
  let shown = 0;
  const wanted = { isWanted: linesOf(replica), last: lines, follow: follow ? new AbortController().signal : null };
  await showLines(path, wanted, async (some) => {
    shown += some.length;
    if (some.length > 0) await write(printableLines(some));
  });
  if (shown === 0 && lines > 0)
    throw new ServeError('INVALID_ARGUMENT', `no line of '${replica}' in ${path}; without --replica all are shown`);
}
