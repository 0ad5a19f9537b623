import { ServeError } from '../errors.ts';
import { readGivenOptions } from './given-options.ts';
import { describeValue, invalidValue, isPlainObject, MAX_TIMEOUT_MS, quote } from './given-value.ts';
import { isHttpToken } from './http-token.ts';

/** How a handle sends its queries. Plain, so that it crosses threads as it is. */
export interface HandleOptions {
  /** Method of the user's class to call; null = `call`. */
  readonly methodName: string | null;
  /** Queries with the same key meet the same backend; null = drawn at random. */
  readonly shardKey: string | null;
  /** What `request.method` says, upper-case; null = the default of a handle. */
  readonly httpMethod: string | null;
  /** Header names and values in turn, joined by line feeds: `Accept\n*`; '' = none. */
  readonly httpHeaders: string;
  /** Deadline of each query in ms, > 0; null = none of the handle's own. */
  readonly timeoutMs: number | null;
}

export const DEFAULT_HANDLE_OPTIONS: HandleOptions = Object.freeze({
  methodName: null,
  shardKey: null,
  httpMethod: null,
  httpHeaders: '',
  timeoutMs: null,
});

const HANDLE_OPTIONS = Object.keys(DEFAULT_HANDLE_OPTIONS);

/** What `Headers` takes without complaint, less the controls that could begin another header. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * The options of `handle.options(given)`, over those the handle has: a key not given, or undefined, stays; null takes
 * it back; `httpHeaders` (Headers, a record or pairs) replaces all headers. Throws INVALID_ARGUMENT.
 */
export function resolveHandleOptions(given: unknown, base: HandleOptions = DEFAULT_HANDLE_OPTIONS): HandleOptions {
  const options = readGivenOptions('handle', given, HANDLE_OPTIONS);
  const resolve = <T>(name: keyof HandleOptions, read: (value: unknown) => T, cleared: T, current: T): T => {
    const value = options.get(name);
    if (value === undefined) return current;
    return value === null ? cleared : read(value);
  };
  return Object.freeze({
    methodName: resolve('methodName', readMethodName, null, base.methodName),
    shardKey: resolve('shardKey', readShardKey, null, base.shardKey),
    httpMethod: resolve('httpMethod', readHttpMethod, null, base.httpMethod),
    httpHeaders: resolve('httpHeaders', readHeaders, '', base.httpHeaders),
    timeoutMs: resolve('timeoutMs', readTimeout, null, base.timeoutMs),
  });
}

/** The options of `getHandle`: both false by default. Throws INVALID_ARGUMENT. */
export function resolveGetHandleOptions(given: unknown): { readonly missingOk: boolean; readonly sync: boolean } {
  const options = readGivenOptions('getHandle', given, ['missingOk', 'sync']);
  const read = (name: string): boolean => {
    const value = options.get(name);
    if (value === undefined) return false;
    if (typeof value !== 'boolean') throw invalidValue(name, 'true or false', value);
    return value;
  };
  return Object.freeze({ missingOk: read('missingOk'), sync: read('sync') });
}

function readMethodName(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalidValue('methodName', 'a non-empty string or null', value);
  return value;
}

function readShardKey(value: unknown): string {
  if (typeof value !== 'string') throw invalidValue('shardKey', 'a string or null', value);
  return value;
}

function readHttpMethod(value: unknown): string {
  if (typeof value !== 'string' || !isHttpToken(value)) {
    throw invalidValue('httpMethod', "an HTTP method like 'POST', or null", value);
  }
  return value.toUpperCase();
}

function readTimeout(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= MAX_TIMEOUT_MS) return value;
  throw invalidValue('timeoutMs', `a number > 0 and <= ${MAX_TIMEOUT_MS}, or null`, value);
}

function readHeaders(value: unknown): string {
  const fields: string[] = [];
  for (const pair of headerPairs(value)) {
    const [name, text] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof name !== 'string' || !isHttpToken(name)) {
      throw new ServeError(
        'INVALID_ARGUMENT',
        `httpHeaders needs header names like 'accept', got ${describeValue(name ?? pair)}`,
      );
    }
    if (typeof text !== 'string' || !HEADER_VALUE.test(text)) {
      const wanted = 'a string of Latin-1 characters without CR, LF, NUL or other controls';
      throw invalidValue(`the value of header ${quote(name)}`, wanted, text);
    }
    fields.push(name, text);
  }
  return fields.join('\n');
}

/** `Headers` of any realm is known by being iterable. */
function headerPairs(value: unknown): Iterable<unknown> {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return value as Iterable<unknown>;
  if (isPlainObject(value)) return Object.entries(value);
  throw invalidValue('httpHeaders', 'Headers, an object of strings, pairs or null', value);
}
