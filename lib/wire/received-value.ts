/**
 * Values that came from a process that need not be ours. V8 reads deeper nesting than it can write, and arrays of any
 * length, most of it holes: passed on with the messages of others, such a value would take them along.
 */
import { types } from 'node:util';

/** Levels that can be passed on, with room to spare. What clients send has half as many, `wire/value.ts` sees to it. */
const MOST_LEVELS = 1100;
/** Length of an array beyond which it may not be longer than the message that it came in. */
const LONGEST_SPARSE = 1_000_000;

/** `bytes`: the length of the message that the value came in. */
export const canBePassedOn = (value: unknown, bytes: number): boolean =>
  isAtom(value) || fits(value, MOST_LEVELS, Math.max(bytes, LONGEST_SPARSE), new Set());

const isAtom = (value: unknown): boolean => typeof value !== 'object' || value === null || ArrayBuffer.isView(value);

function fits(value: unknown, levels: number, longest: number, seen: Set<unknown>): boolean {
  if (isAtom(value) || seen.has(value)) return true;
  if (levels === 0) return false;
  seen.add(value);
  const inner = (item: unknown): boolean => isAtom(item) || fits(item, levels - 1, longest, seen);
  if (Array.isArray(value)) return value.length <= longest && value.every(inner);
  if (value instanceof Map) return value.entries().every(([key, item]) => inner(key) && inner(item));
  if (value instanceof Set) return value.values().every(inner);
  if (types.isNativeError(value) && !inner(value.cause)) return false;
  return Object.values(value as object).every(inner);
}
