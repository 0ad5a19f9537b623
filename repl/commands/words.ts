/** A command's line, cut into words, and words into what they stand for. */
import { usageError } from './command.ts';

/** A word goes to the next blank; quotes and the brackets of JSON keep blanks. One that is all in quotes loses them. */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length; ) {
    if (/\s/.test(line[at] ?? '')) {
      at++;
      continue;
    }
    const end = endOfWord(line, at);
    const word = line.slice(at, end);
    words.push(/^(?:"[^"]*"|'[^']*')$/.test(word) ? word.slice(1, -1) : word);
    at = end;
  }
  return words;
}

function endOfWord(line: string, start: number): number {
  let depth = 0;
  let at = start;
  for (; at < line.length; at++) {
    const character = line[at] ?? '';
    if (depth === 0 && /\s/.test(character)) break;
    // Inside a word an apostrophe is one: don't.
    const mayQuote = character === '"' || (character === "'" && !/\w/.test(line[at - 1] ?? ' '));
    if (mayQuote) at = endOfQuote(line, at);
    else if ('[{'.includes(character)) depth++;
    else if (']}'.includes(character) && depth > 0) depth--;
  }
  return at;
}

/** Where the quote that begins here ends; here, when it does not. */
function endOfQuote(line: string, start: number): number {
  const quote = line[start];
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === quote) return at;
  }
  return start;
}

/** JSON where it is some, else the text itself. What begins as JSON must end as such. Throws INVALID_ARGUMENT. */
export function givenValueOf(text: string, usage: string): unknown {
  if (text === 'undefined') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/^[{["]/.test(text)) {
      throw usageError(usage, `'${text}' is no JSON: ${error instanceof Error ? error.message : error}`);
    }
    return /^'[^']*'$/.test(text) ? text.slice(1, -1) : text;
  }
}

/** `key=value` words. Throws INVALID_ARGUMENT. */
export function assignmentsOf(words: readonly string[], usage: string): Readonly<Record<string, unknown>> {
  const pairs = words.map((word): [string, unknown] => {
    const [, key, value = ''] = /^([^=\s]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) throw usageError(usage, `'${word}' is no key=value`);
    return [key, givenValueOf(value, usage)];
  });
  const given = new Set<string>();
  for (const [key] of pairs) {
    if (given.has(key)) throw usageError(usage, `'${key}' is given twice`);
    given.add(key);
  }
  return Object.fromEntries(pairs);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `2s`, `500ms`, `1.5m`; without a unit: seconds. In ms. Throws INVALID_ARGUMENT. */
export function durationOf(text: string, usage: string): number {
  const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? 0);
  if (number === '' || ms === 0) throw usageError(usage, `'${text}' is no time like 2s, 500ms or 1m`);
  return ms;
}

/** Throws INVALID_ARGUMENT. */
export function wholeNumberOf(text: string | undefined, what: string, usage: string): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(usage, text === undefined ? `${what} is missing` : `${what} must be a whole number, got '${text}'`);
}

/** Throws INVALID_ARGUMENT. */
export function numberOf(text: string, what: string, usage: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw usageError(usage, `${what} must be a number, got '${text}'`);
}
