import { distance } from 'fastest-levenshtein';
import { ServeError } from '../errors.ts';
import { describeValue } from './given-value.ts';

export type NamedThing = 'backend' | 'endpoint' | 'instance' | 'resource';

interface Grammar {
  readonly pattern: RegExp;
  readonly wanted: string;
  readonly allowed: string;
}

const TAG: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/,
  wanted: '[A-Za-z0-9][A-Za-z0-9._:-]{0,99}',
  allowed: 'letters, digits, dots, underscores, colons and dashes',
};

const GRAMMARS: Readonly<Record<NamedThing, Grammar>> = {
  backend: TAG,
  endpoint: TAG,
  resource: TAG,
  // An instance's name is a folder and a socket, where a colon is not portable.
  instance: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    wanted: '[A-Za-z0-9][A-Za-z0-9._-]{0,99}',
    allowed: 'letters, digits, dots, underscores and dashes',
  },
};

/** A legal name, as given. Words like `constructor` are legal: keep names in maps. Throws INVALID_ARGUMENT. */
export function requireName(what: NamedThing, value: unknown): string {
  const { pattern, wanted, allowed } = GRAMMARS[what];
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `${what} name must match ${wanted}, got ${describeValue(value)}; ` +
      `use 1 to 100 ${allowed}, a letter or a digit first`,
  );
}

export const isName = (what: NamedThing, value: string): boolean => GRAMMARS[what].pattern.test(value);

/**
 * The known name that `given` was probably meant to be; null when none is near.
 *
 * Near = at most two in five letters differ, in short names one or two; case, `_` and `-` count for nothing, as Ray's
 * users type `num_replicas`. Of equally near ones the first known.
 */
export function nearestName(given: string, known: Iterable<string>): string | null {
  const wanted = squash(given);
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const other = squash(name);
    const longest = Math.max(wanted.length, other.length);
    const limit = mostApart(longest);
    // The difference in length is a lower bound, and keeps a huge `given` from being compared at all.
    if (Math.abs(wanted.length - other.length) > limit) continue;
    const apart = distance(wanted, other);
    if (apart > limit || apart >= least) continue;
    nearest = name;
    least = apart;
  }
  return nearest;
}

/** How many letters may differ in a name of this length and leave it recognisable; never all of them. */
const mostApart = (length: number): number =>
  Math.max(0, Math.min(length - 1, Math.max(length < 4 ? 1 : 2, Math.floor(length * 0.4))));

const squash = (name: string): string => name.toLowerCase().replace(/[_-]/g, '');
