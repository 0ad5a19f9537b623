/** From an HTTP request to a query. */
import type { IncomingMessage } from 'node:http';
import type { Query, QueryRequest } from '../domain/query.ts';
import type { RouteMatch } from './proxy-parts.ts';

export const MAX_SHARD_KEY_BYTES = 8 * 1024;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

export function makeQuery(
  req: IncomingMessage,
  match: RouteMatch,
  body: QueryRequest['body'],
  id: string,
  { timeoutMs, spentMs }: { readonly timeoutMs: number | null; readonly spentMs: number },
): Query {
  const { headers } = req;
  return {
    endpoint: match.value.endpoint,
    request: {
      source: 'http',
      method: req.method ?? 'GET',
      url: req.url ?? '/',
      headers: req.rawHeaders.join('\n'),
      pathParams: match.params,
      queryParams: null,
      data: undefined,
      body,
      id,
    },
    callMethod: headerText(headers['x-serve-call-method']),
    shardKey: shardKeyOf(req),
    timeoutMs,
    spentMs,
    answerAs: 'http',
  };
}

export function shardKeyOf(req: IncomingMessage): string | null {
  return headerText(req.headers['x-serve-shard-key']);
}

/** The caller's own id where it is valid, else a new one. */
export function requestIdOf(req: IncomingMessage, newRequestId: () => string): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : newRequestId();
}

/** The method as a metric label: a closed set, whatever callers send. */
export function methodLabel(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : 'OTHER';
}

/** An empty header is as good as none. */
function headerText(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
