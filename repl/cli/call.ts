import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { type Client, type HandleOptionsGiven, ServeError } from '../../lib/index.ts';
import { messageOf } from '../message-of.ts';
import { writeAnswer } from './answer.ts';
import { Exit, UsageError } from './failure.ts';
import { positiveNumber, type ShownOptions, shown, withClient } from './options.ts';
import { withProgress } from './progress.ts';

interface CallOptions extends ShownOptions {
  readonly methodName?: string;
  readonly shardKey?: string;
  readonly timeoutMs?: number;
  readonly query?: Readonly<Record<string, string>>;
}

export function addCall(program: Command): void {
  shown(program.command('call'))
    .summary('send a query, print the answer')
    .description(
      'Sends one query to an endpoint and prints the answer: text and bytes as they are, streams as they come, else JSON.',
    )
    .argument('<endpoint>')
    .argument('[data]', 'JSON; - reads it from stdin, @file from a file')
    .option('--method-name <name>', "a method of the backend's class (default: call)")
    .option('--shard-key <key>', 'the same key meets the same backend')
    .option('--timeout-ms <ms>', 'give up after this', positiveNumber)
    .option('-q, --query <key=value>', 'for request.queryParams; may be repeated', queryParam)
    .action(async (endpoint: string, data: string | undefined, _: CallOptions, command: Command) => {
      const options = command.optsWithGlobals<CallOptions>();
      const value = await readData(data);
      await withClient(options, (client) => call(client, endpoint, value, options));
    });
}

async function call(client: Client, endpoint: string, data: unknown, options: CallOptions): Promise<void> {
  const { methodName, shardKey, timeoutMs, query, json } = options;
  const given: HandleOptionsGiven = {
    ...(methodName !== undefined && { methodName }),
    ...(shardKey !== undefined && { shardKey }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const handle = (await client.getHandle(endpoint)).options(given);
  const ref = handle.remote(data, query);
  const control = new AbortController();
  // The backend is told before we go.
  process.once('SIGINT', () => {
    control.abort();
    ref.cancel();
  });
  try {
    const answer = await withProgress(`waiting for '${endpoint}'`, Promise.resolve(ref));
    await writeAnswer(answer, { asJson: json ?? false, signal: control.signal });
  } catch (error) {
    throw control.signal.aborted ? new Exit(130) : error;
  }
}

async function readData(given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined;
  if (given === '-') return parse(await text(process.stdin), 'stdin');
  if (given.startsWith('@')) return parse(await readFile(given.slice(1), 'utf8'), given.slice(1));
  try {
    return JSON.parse(given);
  } catch (error) {
    const reason = messageOf(error);
    throw new UsageError(`the data is not JSON: ${reason}; a text is given as '"text"', a file as @file`);
  }
}

function parse(json: string, from: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ServeError('INVALID_ARGUMENT', `${from} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** One more of `key=value`. */
function queryParam(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError('A key and its value are wanted, like name=Ada.');
  return { ...before, [key]: value };
}
