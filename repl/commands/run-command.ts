/** A line with a dot before it: found, read, shown as the call that it stands for, and run. */
import { Client, ServeError } from '../../lib/index.ts';
import type { AnyCommand, CommandContext } from './command.ts';
import { Memory } from './memory.ts';
import { didYouMean } from './nearest.ts';
import { COMMANDS, type CommandEntry } from './table.ts';
import { wordsOf } from './words.ts';

const TABLE: Readonly<Record<string, CommandEntry>> = COMMANDS;

/** `.name words`; not `.5 + 1`, and not `..`. */
const LINE = /^\s*\.([a-z][\w-]*)(?:\s+([^\n]*?))?\s*$/i;

export const isCommand = (code: string): boolean => LINE.test(code);

/** Rejects with INVALID_ARGUMENT for what there is not, and with what the command rejects with. */
export async function runCommandLine(code: string, context: CommandContext): Promise<unknown> {
  const { command, args } = await readCommandLine(code);
  context.print(`${dim(command.call(...args), context)}\n`);
  return command.run(context, ...args);
}

/** The plain call that a line stands for; null: it is no command. Rejects with INVALID_ARGUMENT. */
export async function plainCall(code: string): Promise<string | null> {
  if (!isCommand(code)) return null;
  const { command, args } = await readCommandLine(code);
  return command.call(...args);
}

async function readCommandLine(code: string): Promise<{ readonly command: AnyCommand; readonly args: never[] }> {
  const [, name = '', line = ''] = LINE.exec(code) ?? [];
  const command = await commandOf(name);
  return { command, args: command.parse(wordsOf(line), line) as never[] };
}

/**
 * Each of them as a function: `await show.traffic('echo')`, and `show.of(client)`: the same of another instance.
 */
export function commandFunctions(context: () => CommandContext): Readonly<Record<string, unknown>> {
  const entries = [...Object.keys(TABLE), 'help'].map((name) => [
    name,
    async (...args: readonly unknown[]) => (await commandOf(name)).run(context(), ...(args as never[])),
  ]);
  const of = (client: Client): Readonly<Record<string, unknown>> => {
    const other = { client: requireClient(client), memory: new Memory() };
    return commandFunctions(() => contextOf(context(), other));
  };
  return Object.freeze({ ...Object.fromEntries(entries), of });
}

/** What a context refuses to give it refuses only when it is asked for, so nothing is copied. */
const contextOf = (context: CommandContext, other: Pick<CommandContext, 'client' | 'memory'>): CommandContext =>
  Object.assign(Object.create(context) as CommandContext, other);

function requireClient(given: unknown): Client {
  if (given instanceof Client) return given;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `show.of() wants a client, got ${given === null ? 'null' : typeof given}; await serve.start() or serve.connect(), and give what that gives`,
  );
}

async function commandOf(name: string): Promise<AnyCommand> {
  // Not in the table, which it shows.
  if (name === 'help') return (await import('./help.ts')).command;
  const entry = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
  if (entry === undefined) {
    const near = didYouMean(name, Object.keys(TABLE), '.');
    const found = `there is no command '.${name}'${near}`;
    throw new ServeError('INVALID_ARGUMENT', `${found}${near === '' ? ';' : ''} .help lists them`);
  }
  return (await entry.load()).command;
}

const dim = (text: string, { look }: CommandContext): string => (look.colors ? `\x1b[2m${text}\x1b[22m` : text);
