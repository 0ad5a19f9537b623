/** From a backend's answer to status, headers and framing. Pure; nothing in an answer is trusted. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HttpAnswer } from '../domain/query.ts';
import { ServeError } from '../errors.ts';

/** An answer that can be written as it is. */
export interface FramedAnswer {
  readonly status: number;
  /** Names and values in turn, X-Request-Id first; Content-Length is there whenever the length is known. */
  readonly headers: string[];
  /** Null = nothing is written after the head. */
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** The server frames messages; an answer that did would contradict it or end somebody else's connection. */
const NOT_THEIRS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

/** Throws NOT_SERIALIZABLE for a status outside 200–599 and for header names or values that HTTP cannot carry. */
export function frameAnswer(answer: HttpAnswer, method: string, requestId: string): FramedAnswer {
  const { status, contentType } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new ServeError('NOT_SERIALIZABLE', `the answer's status must be an integer from 200 to 599, got ${status}`);
  }
  const headers = ['X-Request-Id', requestId];
  if (status === 204 || status === 304) {
    addHeaders(headers, answer);
    return { status, headers, body: null };
  }
  const body = status === 205 ? null : answer.body;
  if (contentType !== null && answer.headers === null) headers.push('Content-Type', contentType);
  else addHeaders(headers, answer);
  const length = lengthOf(body, answer, method);
  if (length !== null) headers.push('Content-Length', length);
  return { status, headers, body: method === 'HEAD' || body === null ? null : body };
}

function lengthOf(body: HttpAnswer['body'], answer: HttpAnswer, method: string): string | null {
  if (typeof body === 'string') return String(Buffer.byteLength(body));
  if (body instanceof Uint8Array) return String(body.byteLength);
  if (body !== null) return null;
  // A backend that answers HEAD itself may know the length of what GET would send.
  return (method === 'HEAD' ? declaredLength(answer.headers) : null) ?? '0';
}

function declaredLength(headers: string | null): string | null {
  if (headers === null) return null;
  const parts = headers.split('\n');
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const value = parts[at + 1] ?? '';
    if (parts[at]?.toLowerCase() === 'content-length' && /^\d{1,15}$/.test(value)) return value;
  }
  return null;
}

function addHeaders(into: string[], { headers, contentType }: HttpAnswer): void {
  let hasType = contentType === null;
  const parts = headers === null || headers === '' ? [] : headers.split('\n');
  for (let at = 0; at < parts.length; at += 2) {
    const name = parts[at] ?? '';
    const value = parts[at + 1] ?? '';
    if (NOT_THEIRS.has(name.toLowerCase())) continue;
    requireWritable(name, value);
    if (name.toLowerCase() === 'content-type') hasType = true;
    into.push(name, value);
  }
  if (!hasType && contentType !== null) {
    requireWritable('Content-Type', contentType);
    into.push('Content-Type', contentType);
  }
}

function requireWritable(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    throw new ServeError('NOT_SERIALIZABLE', `the answer's header ${JSON.stringify(name)} cannot be sent over HTTP`, {
      cause,
    });
  }
}

/** False for what must not or cannot be sent on. */
export function isWritableHeader(name: string, value: string): boolean {
  if (NOT_THEIRS.has(name.toLowerCase()) || /[\n\r]/.test(name)) return false;
  try {
    requireWritable(name, value);
    return true;
  } catch {
    return false;
  }
}
