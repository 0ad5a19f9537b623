/** `--name value` and `--name` among a command's words. */
import { usageError } from './command.ts';
import { didYouMean } from './nearest.ts';

/** `value`: it has one, as `--name value` or `--name=value`. */
export type FlagKinds = Readonly<Record<string, 'alone' | 'value'>>;

export interface Flags<Kinds extends FlagKinds> {
  /** Words that belong to no flag. */
  readonly rest: readonly string[];
  /** The text of a value; '' for one that stands alone. Not there: not given. */
  readonly given: Readonly<Partial<Record<keyof Kinds, string>>>;
}

/** Throws INVALID_ARGUMENT for a flag that there is not, is given twice or lacks its value. `-f` is the flag `f`. */
export function flagsOf<Kinds extends FlagKinds>(words: readonly string[], kinds: Kinds, usage: string): Flags<Kinds> {
  const rest: string[] = [];
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [, name, value] = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      rest.push(word);
      continue;
    }
    if (given.has(name)) throw usageError(usage, `'--${name}' is given twice`);
    if (isAlone(name, kinds, usage)) {
      if (value !== undefined) throw usageError(usage, `'--${name}' takes no value`);
      given.set(name, '');
    } else given.set(name, value ?? requireWord(words, ++at, `the value of '--${name}'`, usage));
  }
  return { rest, given: Object.fromEntries(given) as Flags<Kinds>['given'] };
}

function isAlone(name: string, kinds: FlagKinds, usage: string): boolean {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind !== undefined) return kind === 'alone';
  throw usageError(usage, `there is no option '--${name}'${didYouMean(name, Object.keys(kinds), '--')}`);
}

/** Throws INVALID_ARGUMENT when there are more words than so many. */
export function requireNoMore(words: readonly string[], most: number, usage: string): void {
  const extra = words[most];
  if (extra !== undefined) throw usageError(usage, `'${extra}' is one too many`);
}

/** The word at this place. Throws INVALID_ARGUMENT when it is missing. */
export function requireWord(words: readonly string[], at: number, what: string, usage: string): string {
  const word = words[at];
  if (word === undefined) throw usageError(usage, `${what} is missing`);
  return word;
}
