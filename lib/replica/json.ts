/** JSON as the contract has it: typed arrays become lists of numbers; what JSON would drop or garble in silence is refused. */
import { IS_REF } from '../domain/part.ts';
import { ServeError } from '../errors.ts';

/** Beyond this depth the look ahead stops; JSON.stringify itself then refuses cycles and too deep nesting. */
const LOOK_AHEAD_DEPTH = 64;

/** Throws NOT_SERIALIZABLE naming the path of what has no JSON form. */
export function encodeJson(value: unknown): string {
  try {
    const hasViews = inspectValue(value, '$', []);
    const text: string | undefined = hasViews ? JSON.stringify(value, listViews) : JSON.stringify(value);
    if (text === undefined) throw refused('$', 'undefined', 'return null or a value');
    return text;
  } catch (error) {
    if (error instanceof ServeError && error.code === 'NOT_SERIALIZABLE') throw error;
    // A getter or toJSON of the user's may have thrown it: its words are for `cause`, which HTTP callers do not see.
    throw new ServeError('NOT_SERIALIZABLE', 'the answer has no JSON form: writing it failed; return plain data', {
      cause: error,
    });
  }
}

/** Whether a typed array is inside; throws for what JSON cannot say. `above`: the objects it is in, outermost first. */
function inspectValue(value: unknown, path: string, above: object[]): boolean {
  switch (typeof value) {
    case 'bigint':
      throw refused(path, 'a BigInt', 'return Number(value) or String(value)');
    case 'function':
      throw refused(path, 'a function', 'call it and return its result');
    case 'symbol':
      throw refused(path, 'a symbol', 'return its description');
    case 'object':
      return value !== null && inspectObject(value, path, above);
    default:
      return false;
  }
}

function inspectObject(value: object, path: string, above: object[]): boolean {
  if (above.length > LOOK_AHEAD_DEPTH) return false;
  if (ArrayBuffer.isView(value)) return true;
  if (above.includes(value)) throw refused(path, 'circular, an object inside itself', 'leave the link back out');
  above.push(value);
  const hasViews = Array.isArray(value) ? inspectList(value, path, above) : inspectFields(value, path, above);
  above.pop();
  return hasViews;
}

function inspectFields(value: object, path: string, above: object[]): boolean {
  if (IS_REF in value) throw refused(path, 'a reference', 'await it first');
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  if (value instanceof Promise) throw refused(path, 'a Promise', 'await it first');
  if (value instanceof Map) throw refused(path, 'a Map', 'return Object.fromEntries(map)');
  if (value instanceof Set) throw refused(path, 'a Set', 'return [...set]');
  let hasViews = false;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const item = (value as Record<string, unknown>)[key];
    if (!isPlainLeaf(item) && inspectValue(item, `${path}.${key}`, above)) hasViews = true;
  }
  return hasViews;
}

function inspectList(list: readonly unknown[], path: string, above: object[]): boolean {
  let hasViews = false;
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (!isPlainLeaf(item) && inspectValue(item, `${path}[${i}]`, above)) hasViews = true;
  }
  return hasViews;
}

/** What needs no look, so that large lists of numbers cost little. */
const isPlainLeaf = (item: unknown): boolean =>
  typeof item === 'number' || typeof item === 'string' || typeof item === 'boolean';

function listViews(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  if (!ArrayBuffer.isView(original)) return value;
  if (original instanceof DataView)
    return Array.from(new Uint8Array(original.buffer, original.byteOffset, original.byteLength));
  return Array.from(original as Uint8Array);
}

const refused = (path: string, found: string, next: string): ServeError =>
  new ServeError('NOT_SERIALIZABLE', `the answer has no JSON form: ${path} is ${found}; ${next}`);
