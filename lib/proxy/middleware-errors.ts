/** Whatever a user's middleware threw, as an answer. The thrown value is hostile until shown otherwise. */
import { STATUS_CODES } from 'node:http';
import type { HttpAnswer } from '../domain/query.ts';
import { isWritableHeader } from './answer-headers.ts';
import { type Disclosure, describe, errorReport, property, textProperty } from './http-errors.ts';

const FIXED_MESSAGE = 'a middleware of this service failed';

/**
 * A genuine http-error (`ctx.throw(401, 'x')`: an Error with an integer status 400–599 and a boolean `expose`) keeps
 * its status, and its message where exposed; anything else, `{ status: 200 }` included, is 500 with a fixed message.
 * The `headers` of an Error are kept, as in Koa: @koa/cors puts its own there.
 */
export function middlewareErrorAnswer(thrown: unknown, requestId: string, disclosure: Disclosure): HttpAnswer {
  const isError = isErrorObject(thrown);
  const status = isError ? genuineStatus(thrown) : null;
  const exposed = status !== null && property(thrown, 'expose') === true;
  const shown = exposed || disclosure === 'debug';
  const fixed = status === null ? FIXED_MESSAGE : (STATUS_CODES[status] ?? FIXED_MESSAGE);
  return errorReport({
    status: status ?? 500,
    code: 'MIDDLEWARE_ERROR',
    message: shown ? (textProperty(thrown, 'message') ?? describe(thrown)) : fixed,
    requestId,
    stack: disclosure === 'debug' ? textProperty(thrown, 'stack') : undefined,
    headers: isError ? headersOf(thrown) : [],
  });
}

/** A refusal, as `ctx.throw(401)` is: its caller is told, and it is no failure of the service. As in Koa. */
export const isRefusal = (thrown: unknown): boolean =>
  isErrorObject(thrown) && genuineStatus(thrown) !== null && property(thrown, 'expose') === true;

/** `instanceof` runs a proxy's own traps, so even this question may throw. */
function isErrorObject(thrown: unknown): boolean {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

function genuineStatus(thrown: unknown): number | null {
  const status = property(thrown, 'status');
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599) return null;
  return typeof property(thrown, 'expose') === 'boolean' ? status : null;
}

const GENERATED = new Set(['content-type', 'content-encoding', 'retry-after']);

function headersOf(thrown: unknown): string[] {
  const headers = property(thrown, 'headers');
  if (typeof headers !== 'object' || headers === null) return [];
  try {
    return Object.entries(headers).flatMap(([name, value]) => {
      const values: unknown[] = Array.isArray(value) ? value : [value];
      return values.flatMap((one) => {
        const text = typeof one === 'number' ? String(one) : one;
        if (typeof text !== 'string' || GENERATED.has(name.toLowerCase())) return [];
        return isWritableHeader(name, text) ? [name, text] : [];
      });
    });
  } catch {
    return [];
  }
}
