import type { CheckMode } from '../session/assistant.ts';
import { type Command, literal, usageError } from './command.ts';
import { requireNoMore } from './flags.ts';

const USAGE = 'check [on|warn|off]';

const MEANINGS: Readonly<Record<CheckMode, string>> = {
  on: 'on: a cell with mistakes in its types is not run',
  warn: 'warn: mistakes in the types of a cell are said before it runs',
  off: 'off: types are not looked at',
};

export const command: Command<[mode?: CheckMode]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    const [word] = words;
    if (word === undefined) return [];
    if (!Object.hasOwn(MEANINGS, word)) throw usageError(USAGE, `'${word}' is neither on, warn nor off`);
    return [word as CheckMode];
  },
  call: (mode) => `await show.check(${mode === undefined ? '' : literal(mode)})`,
  run: async ({ checks }, mode) => {
    if (mode !== undefined) checks.mode = mode;
    return MEANINGS[checks.mode];
  },
};
