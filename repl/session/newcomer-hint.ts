import { COMMANDS } from '../commands/table.ts';

/** What other prompts call them, and here is the prompt's own. */
const OF_THE_PROMPT: Readonly<Record<string, string>> = { help: 'help', '?': 'help', exit: 'exit', quit: 'exit' };

/** What to type instead, of a cell that is a command without its dot and so failed; null: it failed by itself. Pure. */
export function newcomerHint(code: string, error: unknown): string | null {
  const [, word = ''] = /^\s*([a-z]+|\?)(?:\(\))?[\s;]*$/.exec(code) ?? [];
  if (!(error instanceof (word === '?' ? SyntaxError : ReferenceError))) return null;
  if (Object.hasOwn(OF_THE_PROMPT, word)) return `the command is .${OF_THE_PROMPT[word]}`;
  return Object.hasOwn(COMMANDS, word) ? `the command is .${word}` : null;
}
