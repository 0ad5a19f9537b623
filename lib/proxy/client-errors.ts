/** Answers to what Node's parser refused, and to requests that came too slowly. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { endLingering } from './connection-closing.ts';
import { type Exchange, lastExchangeOn } from './exchange.ts';
import { badRequest, type Refusal } from './hardening.ts';
import { errorReport, textProperty } from './http-errors.ts';

const BY_CODE: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { ...badRequest('the request did not arrive in time'), status: 408 },
  HPE_HEADER_OVERFLOW: { ...badRequest('the request line and headers are too large (limit 16 KB)'), status: 431 },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    ...badRequest('the extensions of a chunk are too large (limit 16 KB)'),
    status: 413,
    code: 'BODY_TOO_LARGE',
  },
};

const MALFORMED = badRequest('the request is not well-formed HTTP');

/** A broken message ends its connection: nothing after it can be told from its own bytes. */
export function answerClientError(error: Error, socket: Duplex, newRequestId: () => string): void {
  const code = textProperty(error, 'code') ?? '';
  if (!socket.writable || code === 'ECONNRESET' || code === 'EPIPE') {
    socket.destroy();
    return;
  }
  const refusal = BY_CODE[code] ?? MALFORMED;
  const exchange = lastExchangeOn(socket);
  if (exchange === null || exchange.res.closed) endLingering(socket, rawAnswer(refusal, newRequestId()));
  else if (!exchange.req.complete) breakOff(exchange, refusal, code);
  else endAfter(exchange, code === 'HPE_CLOSED_CONNECTION' ? '' : rawAnswer(refusal, newRequestId()));
}

/**
 * An earlier request still waits for its answer, which must come first: written now, ours would be taken for it.
 * Bytes after a request that asked to close are no request at all, and get no answer.
 */
function endAfter({ req, res }: Exchange, text: string): void {
  res.once('close', () => endLingering(req.socket, text));
}

/** It was the body of this very request that broke. */
function breakOff(exchange: Exchange, refusal: Refusal, code: string): void {
  // Cut short, not malformed: the caller has gone.
  if (code === 'HPE_INVALID_EOF_STATE' || exchange.res.headersSent) {
    exchange.req.socket.destroy();
    return;
  }
  exchange.refuse(refusal);
}

/** A whole answer as bytes, for a connection without a response object. */
export function rawAnswer(refusal: Refusal, requestId: string): string {
  const { status, headers } = refusal;
  const { body, contentType } = errorReport({ ...refusal, requestId });
  const text = typeof body === 'string' ? body : '';
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`, `X-Request-Id: ${requestId}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  lines.push(`Content-Type: ${contentType}`, `Content-Length: ${Buffer.byteLength(text)}`, 'Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
