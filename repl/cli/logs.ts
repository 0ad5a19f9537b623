import { StringDecoder } from 'node:string_decoder';
import type { Command } from 'commander';
import { escapeControls, findInstance, ServeError } from '../../lib/index.ts';
import { followFile, readFile } from './followed-file.ts';
import { type NamedOptions, named, nameOf, wholeNumber } from './options.ts';
import { write } from './output.ts';

interface LogsOptions extends NamedOptions {
  readonly follow?: true;
  readonly lines?: number;
}

export function addLogs(program: Command): void {
  named(program.command('logs'))
    .summary('what it and its backends print')
    .description('Shows what an instance and its backends print, where it has a process of its own.')
    .option('-f, --follow', 'go on with what it prints from now on, through restarts, until Ctrl-C')
    .option('-n, --lines <count>', 'only the last lines (default: all)', wholeNumber)
    .action(async (_: LogsOptions, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      await showLog(await logOf(nameOf(options)), options);
    });
}

async function logOf(name: string): Promise<string> {
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

/** What users' code has printed must not drive the terminal; tabs are harmless, and common. */
const printable = (text: string): string => text.replace(/[^\n\t]+/g, escapeControls);
