/** A value of a user's as a snapshot shows it: plain JSON, and no more of it than somebody would look at. */
import { inspect } from 'node:util';

/** Characters of JSON, about: more is told, not shown. */
const LONGEST = 64 * 1024;
const TOO_LONG = Symbol('too long');

/**
 * As JSON would give the value back, with big integers as `10n`. What JSON cannot hold (a cycle) is inspected; what is
 * longer than some 64 KiB is a sentence that says `where` the whole is. Takes no longer for what it does not show.
 */
export function shownValue(value: unknown, where: string): unknown {
  try {
    return JSON.parse(shortJson(value));
  } catch (error) {
    return error === TOO_LONG ? `more than 64 KiB: ${where}` : inspect(value);
  }
}

/** Throws TOO_LONG before it has written that much. */
function shortJson(value: unknown): string {
  let length = 0;
  const count = (more: number): void => {
    length += more;
    if (length > LONGEST) throw TOO_LONG;
  };
  if (isTooMany(value)) throw TOO_LONG;
  return JSON.stringify(value, (key, part: unknown) => {
    count(key.length + (typeof part === 'string' ? part.length : 1));
    if (isTooMany(part)) throw TOO_LONG; // before its elements become keys
    return typeof part === 'bigint' ? `${part}n` : part;
  });
}

const isTooMany = (value: unknown): boolean =>
  ArrayBuffer.isView(value) ? value.byteLength > LONGEST : Array.isArray(value) && value.length > LONGEST;
