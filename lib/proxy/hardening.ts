/**
 * What Node's HTTP server leaves to its user: time limits that hold, and requests that are refused before any route or
 * middleware sees them, because two parsers could read them differently.
 */
import type { IncomingMessage, ServerOptions } from 'node:http';
import type { ServeErrorCode } from '../errors.ts';
import type { ServerTimeouts } from './proxy-parts.ts';

export const DEFAULT_TIMEOUTS: ServerTimeouts = {
  // Headers fit in one packet; a caller that needs longer holds a connection for nothing.
  headersTimeoutMs: 15_000,
  // The default 100 MiB within it needs 350 kB/s. It counts the whole upload, pauses by back-pressure included.
  requestTimeoutMs: 300_000,
  // Longer than the idle time of common clients and balancers (nginx and AWS 60 s): they close first, so none of them
  // sends a request into a connection that we are just closing.
  keepAliveTimeoutMs: 75_000,
  // Node's own 30 s would let a 15 s limit fire at 45 s.
  checkIntervalMs: 1000,
};

const MAX_HEADER_BYTES = 16 * 1024;

export function serverOptions(timeouts: ServerTimeouts): ServerOptions {
  return {
    headersTimeout: timeouts.headersTimeoutMs,
    requestTimeout: timeouts.requestTimeoutMs,
    keepAliveTimeout: timeouts.keepAliveTimeoutMs,
    connectionsCheckingInterval: timeouts.checkIntervalMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Not left to `node --insecure-http-parser` in somebody's NODE_OPTIONS.
    insecureHTTPParser: false,
    // Node's own answer has no body; `refusalOf` checks it instead.
    requireHostHeader: false,
  };
}

export interface Refusal {
  readonly status: number;
  readonly code: ServeErrorCode;
  readonly message: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** 'close' when what follows on the connection cannot be trusted to be a new request. */
  readonly connection: 'keep' | 'close';
}

export const ALLOWED_ANYWHERE = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Why a request is answered before anybody else sees it; null = it is not. */
export function refusalOf(req: IncomingMessage): Refusal | null {
  // The parser also takes requests without a version (HTTP/0.9), and the text HTTP/2.0.
  if (req.httpVersionMajor !== 1) return badRequest(`HTTP/${req.httpVersion} is not spoken here; use HTTP/1.1`);
  const hosts = countHosts(req.rawHeaders);
  if (hosts > 1) return badRequest(`a request has one Host header, this one has ${hosts}`);
  const isOld = req.httpVersionMinor === 0;
  if (hosts === 0 && !isOld) return badRequest('an HTTP/1.1 request needs a Host header');
  const coding = req.headers['transfer-encoding'];
  if (coding !== undefined && isOld) return badRequest('HTTP/1.0 has no Transfer-Encoding');
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return closing(501, 'BAD_REQUEST', 'the only transfer coding accepted is chunked');
  }
  if (req.method === 'TRACE') return { ...METHOD_REFUSED, connection: 'keep' };
  return null;
}

/** TRACE and CONNECT, which no endpoint can have. */
export const METHOD_REFUSED: Refusal = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  message: `this method is not served; use one of ${ALLOWED_ANYWHERE}`,
  headers: ['Allow', ALLOWED_ANYWHERE],
  connection: 'close',
};

/** The path and query of a request target; null for `*` and whatever else is not an address of something here. */
export function originForm(target: string): string | null {
  if (target.charCodeAt(0) === 47) return target;
  const absolute = /^https?:\/\/[^/?#]+/i.exec(target);
  if (absolute === null) return null;
  const rest = target.slice(absolute[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && (name === 'Host' || name.toLowerCase() === 'host')) count += 1;
  }
  return count;
}

export function badRequest(message: string): Refusal {
  return closing(400, 'BAD_REQUEST', message);
}

function closing(status: number, code: ServeErrorCode, message: string): Refusal {
  return { status, code, message, headers: [], connection: 'close' };
}
