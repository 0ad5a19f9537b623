/** What may stand where the cursor is in a command's line, as the command's usage says. Pure. */
import type { ServeStatus } from '../../lib/index.ts';
import { COMMANDS, type CommandEntry } from '../commands/table.ts';
import { wordsOf } from '../commands/words.ts';

type Known = Pick<ServeStatus, 'endpoints' | 'backends' | 'replicas'>;

const TABLE: Readonly<Record<string, CommandEntry>> = COMMANDS;

export interface CommandWords {
  readonly matches: readonly string[];
  /** What is typed of them. */
  readonly begun: string;
}

/** `line`: all before the cursor, its command's name complete. */
export function commandWords(line: string, known: Known | null): CommandWords {
  const [, name = '', rest = ''] = /^\s*\.([\w-]+)\s+(.*)$/s.exec(line) ?? [];
  const usage = Object.hasOwn(TABLE, name) ? (TABLE[name]?.usage ?? '') : '';
  const words = [...wordsOf(rest)];
  // A value may hold blanks: the cursor is in the word as long as the line ends as it does.
  const begun = rest.endsWith(words.at(-1) ?? ' ') ? (words.pop() ?? '') : '';
  return { matches: candidatesOf(usage, words, begun, known).filter((match) => match.startsWith(begun)), begun };
}

/** `[-n count]` in a usage: its name, and whether a value follows. */
const FLAG = /\[(--?[a-z-]+)( [^\]]+)?\]/g;

function candidatesOf(usage: string, words: readonly string[], begun: string, known: Known | null): readonly string[] {
  const flags = new Map([...usage.matchAll(FLAG)].map(([, flag = '', value]) => [flag, value !== undefined]));
  if (flags.get(words.at(-1) ?? '') === true) return [];
  if (begun.startsWith('-')) return [...flags.keys()].filter((flag) => !words.includes(flag));
  const places = usage.replaceAll(FLAG, '').match(/[^\s[\]<>]+/g) ?? [];
  const before = words.filter((word, at) => !flags.has(word) && flags.get(words[at - 1] ?? '') !== true);
  // The last place with `…` is one for all that follow.
  const last = places.at(-1);
  const place = places[before.length] ?? (last?.endsWith('…') ? last : '');
  return known === null ? fixedIn(place) : namesAt(place, before, known);
}

function namesAt(
  place: string,
  before: readonly string[],
  { endpoints, backends, replicas }: Known,
): readonly string[] {
  const isNew = (assignment: string): boolean => !before.some((word) => word.startsWith(assignment));
  const assignments = (names: readonly string[]): readonly string[] => names.map((name) => `${name}=`).filter(isNew);
  switch (place.replace('…', '')) {
    case 'endpoint':
      return Object.keys(endpoints);
    case 'backend':
    case 'tag':
      return Object.keys(backends);
    case 'tag=weight':
      return assignments(Object.keys(backends));
    case 'key=value':
      return assignments(Object.keys(backends[before[0] ?? '']?.config ?? {}));
    case 'replica':
      return [...Object.keys(backends), ...replicas.map(({ tag }) => tag)];
    default:
      return fixedIn(place);
  }
}

/** `on|off`: those words and no others. */
const fixedIn = (place: string): readonly string[] => (/^[a-z]+(?:\|[a-z]+)+$/.test(place) ? place.split('|') : []);
