/** A line that is typed after `:`, as a command, or as far as it goes. */
import { CHANGE_COMMANDS } from './change-commands.ts';
import { type Command, type CommandContext, CommandError, type Outcome } from './command.ts';
import { SCREEN_COMMANDS } from './screen-commands.ts';
import { traffic } from './traffic-command.ts';

export const COMMANDS: readonly Command[] = [traffic, ...CHANGE_COMMANDS, ...SCREEN_COMMANDS];

export type ReadLine =
  | { readonly type: 'ready'; readonly outcome: Outcome; readonly usage: string }
  | { readonly type: 'wrong'; readonly message: string; readonly usage: string }
  /** No command yet: those that it may become. */
  | { readonly type: 'open'; readonly commands: readonly Command[] };

export function readLine(text: string, context: CommandContext): ReadLine {
  const [name = '', ...words] = wordsOf(text);
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) return unknown(name, words);
  try {
    return { type: 'ready', outcome: command.read(words, context), usage: command.usage };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { type: 'wrong', message: error.message, usage: command.usage };
  }
}

function unknown(name: string, words: readonly string[]): ReadLine {
  const near = COMMANDS.filter((one) => one.name.startsWith(name));
  if (near.length > 0 && words.length === 0) return { type: 'open', commands: near };
  return { type: 'wrong', message: `there is no command '${name}'`, usage: COMMANDS.map((one) => one.name).join(', ') };
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** What may stand in the place of the word that is being typed, and begins as it does; without that, what contains it. */
export function completions(text: string, context: CommandContext): string[] {
  const before = wordsOf(text);
  const current = /\s$/.test(text) || text === '' ? '' : (before.pop() ?? '');
  const all = candidates(before, context);
  const begin = all.filter((one) => one.startsWith(current) && one !== current);
  if (begin.length > 0 || current === '') return begin;
  return all.filter((one) => one.includes(current) && one !== current);
}

function candidates(before: readonly string[], context: CommandContext): readonly string[] {
  const [name, ...words] = before;
  if (name === undefined) return COMMANDS.map((one) => one.name);
  const found = COMMANDS.find((one) => one.name === name);
  const given = new Set(words.map((word) => word.split('=', 1)[0]));
  // A key or a backend is given once.
  return (found?.complete(words, words.length, context) ?? []).filter(
    (one) => !one.endsWith('=') || !given.has(one.slice(0, -1)),
  );
}

/** With what is the same in all completions; the only one whole, and a space where a new word begins. */
export function completed(text: string, context: CommandContext): string {
  const found = completions(text, context);
  const [first] = found;
  if (first === undefined) return text;
  const start = text.length - (/\S*$/.exec(text)?.[0].length ?? 0);
  const common = found.reduce((shared, one) => shared.slice(0, commonLength(shared, one)));
  const isOnly = found.length === 1;
  const word = isOnly && !first.endsWith('=') ? `${first} ` : common;
  return text.slice(0, start) + (word.length >= text.length - start ? word : text.slice(start));
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
