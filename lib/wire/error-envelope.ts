/**
 * Errors between threads. Structured clone drops an error's class, name, code and own fields, so they travel as data;
 * any thrown value is taken, also one whose getters throw.
 */
import { inspect } from 'node:util';
import { BackendError, isServeError, ServeError, type ServeErrorCode } from '../errors.ts';
import { pack } from './value.ts';

export interface ErrorEnvelope {
  /** Set when the toolkit raised it; null for anything else. */
  readonly code: ServeErrorCode | null;
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** Own enumerable fields that can travel. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly cause: ErrorEnvelope | null;
}

/** Causes of causes are kept to this depth; a cyclic chain ends here. */
const MAX_CAUSES = 8;
const OWN_KEYS = new Set(['name', 'message', 'stack', 'cause', 'code']);

export function packError(thrown: unknown, depth = 0): ErrorEnvelope {
  if (!isErrorLike(thrown)) {
    const shown = printed(thrown);
    return { code: null, name: 'Error', message: `${shown} was thrown`, stack: null, fields: null, cause: null };
  }
  const cause = field(thrown, 'cause');
  return {
    code: codeOf(thrown),
    name: text(field(thrown, 'name')) ?? 'Error',
    message: text(field(thrown, 'message')) ?? '',
    stack: text(field(thrown, 'stack')),
    fields: fieldsOf(thrown),
    cause: cause === undefined || depth >= MAX_CAUSES ? null : packError(cause, depth + 1),
  };
}

export function unpackError(envelope: ErrorEnvelope): Error {
  const options = envelope.cause ? { cause: unpackError(envelope.cause) } : undefined;
  if (envelope.code === 'BACKEND_ERROR')
    return Object.assign(new BackendError(envelope.message, options), envelope.fields);
  if (envelope.code !== null)
    return Object.assign(new ServeError(envelope.code, envelope.message, options), envelope.fields);
  const error = new (classOf(envelope.name))(envelope.message, options);
  if (error.name !== envelope.name) hide(error, 'name', envelope.name);
  hide(error, 'stack', envelope.stack ?? `${envelope.name}: ${envelope.message}`);
  return Object.assign(error, envelope.fields);
}

/** The failure of a query whose backend's own code threw: the toolkit's own errors keep their code, the rest is wrapped. */
export function packBackendFailure(backend: string, thrown: unknown): ErrorEnvelope {
  const envelope = packError(thrown);
  if (envelope.code !== null) return envelope;
  const message = `backend '${backend}' failed: ${envelope.name}: ${envelope.message}`;
  return { code: 'BACKEND_ERROR', name: 'BackendError', message, stack: null, fields: null, cause: envelope };
}

/** A received failure as the toolkit's error; anything else becomes BACKEND_ERROR. */
export function unpackFailure(envelope: ErrorEnvelope): ServeError {
  const error = unpackError(envelope);
  return isServeError(error) ? error : new BackendError(error.message, { cause: error });
}

function isErrorLike(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return isA(Error, value) || typeof field(value, 'message') === 'string';
}

const codeOf = (thrown: object): ServeErrorCode | null => (isA(ServeError, thrown) ? thrown.code : null);

function isA<T extends Error>(kind: abstract new (...args: never[]) => T, value: object): value is T {
  try {
    return value instanceof kind;
  } catch {
    return false; // a proxy that refuses to be looked at
  }
}

function field(target: object, key: string): unknown {
  try {
    return (target as Record<string, unknown>)[key];
  } catch {
    return undefined; // a getter that throws: the field has no value to send
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function fieldsOf(thrown: object): Record<string, unknown> | null {
  const fields: Record<string, unknown> = {};
  let found = false;
  for (const key of keysOf(thrown)) {
    if (key === '__proto__' || (OWN_KEYS.has(key) && !(key === 'code' && codeOf(thrown) === null))) continue;
    try {
      const packed = pack(field(thrown, key));
      if (packed.hasParts || packed.refs || packed.confined !== null) continue;
      fields[key] = packed.value;
      found = true;
    } catch {
      // A field that cannot travel stays behind, the error itself goes.
    }
  }
  return found ? fields : null;
}

function keysOf(thrown: object): string[] {
  try {
    return Object.keys(thrown);
  } catch {
    return []; // a proxy that refuses to be looked at
  }
}

function printed(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200, getters: false });
  } catch {
    return `a ${typeof value}`;
  }
}

const BUILT_IN = { TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError } as const;

const classOf = (name: string): ErrorConstructor =>
  Object.hasOwn(BUILT_IN, name) ? (BUILT_IN[name as keyof typeof BUILT_IN] as ErrorConstructor) : Error;

function hide(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true });
}
