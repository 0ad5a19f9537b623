/** Failures as HTTP answers: one table of statuses, one body. */
import type { HttpAnswer } from '../domain/query.ts';
import type { ServeError, ServeErrorCode } from '../errors.ts';

/** Complete on purpose: a new code without a status does not compile. What no HTTP caller can cause is 500. */
export const HTTP_STATUS: Readonly<Record<ServeErrorCode, number>> = {
  ROUTE_NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  METHOD_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  BAD_REQUEST: 400,
  HOST_NOT_ALLOWED: 403,
  BACKEND_ERROR: 500,
  NOT_SERIALIZABLE: 500,
  BATCH_RESULT_INVALID: 500,
  MIDDLEWARE_ERROR: 500,
  REPLICA_DIED: 502,
  QUEUE_FULL: 503,
  NO_REPLICA: 503,
  // A caller who is still there to read it was cut off by the instance, not by itself.
  CANCELLED: 503,
  CLIENT_CLOSED: 503,
  TIMEOUT: 504,
  INVALID_ARGUMENT: 500,
  INVALID_TRAFFIC: 500,
  BACKEND_EXISTS: 500,
  BACKEND_NOT_FOUND: 500,
  BACKEND_IN_USE: 500,
  BACKEND_START_FAILED: 500,
  BATCH_NOT_ACCEPTED: 500,
  ENDPOINT_EXISTS: 500,
  ROUTE_EXISTS: 500,
  INSUFFICIENT_RESOURCES: 500,
  ENV_NOT_FOUND: 500,
  NOT_SHIPPABLE: 500,
  RECONFIGURE_FAILED: 500,
  LISTEN_FAILED: 500,
  SYNC_NOT_POSSIBLE: 500,
  INSTANCE_EXISTS: 500,
  INSTANCE_NOT_FOUND: 500,
  PROTOCOL_ERROR: 500,
  PORT_IN_USE: 500,
  STORE_LOCKED: 500,
  STORE_CORRUPT: 500,
  STORE_FULL: 500,
  STORE_FAILED: 500,
  STORE_INCOMPATIBLE: 500,
  STORE_NOT_PRIVATE: 500,
};

/** Seconds a caller should wait after a 503: room comes back with the next finished query or started replica. */
const RETRY_AFTER_SECONDS = 1;

export interface ErrorReport {
  readonly status: number;
  readonly code: ServeErrorCode;
  readonly message: string;
  readonly requestId: string;
  readonly stack?: string | undefined;
  /** More headers: names and values in turn. */
  readonly headers?: readonly string[];
}

/** The answer `{ error: { code, message, requestId } }`, with Retry-After when it is a 503. */
export function errorReport({ status, code, message, requestId, stack, headers = [] }: ErrorReport): HttpAnswer {
  const error = stack === undefined ? { code, message, requestId } : { code, message, requestId, stack };
  const all = status === 503 ? [...headers, 'Retry-After', String(RETRY_AFTER_SECONDS)] : headers;
  return {
    status,
    headers: all.length === 0 ? null : all.join('\n'),
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({ error }),
  };
}

/** How much an answer may tell of the user's own code. */
export type Disclosure = 'fixed' | 'debug';

export function disclosureOf(options: { readonly debugErrors: boolean }): Disclosure {
  return options.debugErrors ? 'debug' : 'fixed';
}

/** The answer for a failure of the toolkit. What user code threw stays inside, unless disclosure is 'debug'. */
export function errorAnswer(error: ServeError, requestId: string, disclosure: Disclosure): HttpAnswer {
  const code = Object.hasOwn(HTTP_STATUS, error.code) ? error.code : 'BACKEND_ERROR';
  const status = HTTP_STATUS[code];
  if (code !== 'BACKEND_ERROR') return errorReport({ status, code, message: String(error.message), requestId });
  if (disclosure === 'fixed') {
    return errorReport({ status, code, message: 'the backend failed; its log has the details', requestId });
  }
  const cause = error.cause ?? error;
  const message = textProperty(cause, 'message') ?? describe(cause);
  return errorReport({ status, code, message, requestId, stack: textProperty(cause, 'stack') });
}

/** A string property of anything at all; undefined when there is none or when it cannot be read. */
export function textProperty(owner: unknown, name: string): string | undefined {
  const value = property(owner, name);
  return typeof value === 'string' ? value : undefined;
}

/** Reads a property of anything at all, also of what throws when it is looked at. */
export function property(owner: unknown, name: string): unknown {
  if ((typeof owner !== 'object' || owner === null) && typeof owner !== 'function') return undefined;
  try {
    return Reflect.get(owner, name);
  } catch {
    return undefined;
  }
}

/** Any value as text. */
export function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value that cannot be shown';
  }
}
