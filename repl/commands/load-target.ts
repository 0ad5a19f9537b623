/** What a load is sent to: an endpoint, by its handle or over HTTP. */
import { type Client, type EndpointStatus, type Handle, type ObjectRef, ServeError } from '../../lib/index.ts';

export type Send = (signal: AbortSignal) => PromiseLike<unknown>;

export interface TargetGiven {
  readonly data?: unknown;
  readonly http?: boolean;
  readonly path?: string;
}

/** An answer over HTTP that is none. */
class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Rejects with ENDPOINT_NOT_FOUND; INVALID_ARGUMENT where it cannot be reached over HTTP. */
export async function senderTo(client: Client, endpoint: string, given: TargetGiven): Promise<Send> {
  const handle = await client.getHandle(endpoint);
  if (given.http !== true && given.path === undefined) {
    return handleSender(handle, given.data);
  }
  const { endpoints } = await client.status();
  return httpSender(client, endpoint, endpoints[endpoint], given);
}

/** One listener for all that are on their way: the load gives them up together. */
function handleSender(handle: Handle, data: unknown): Send {
  const onTheirWay = new Set<ObjectRef>();
  let isHeard = false;
  const cancelAll = (): void => {
    for (const ref of onTheirWay) ref.cancel();
  };
  return (signal) => {
    if (!isHeard) signal.addEventListener('abort', cancelAll);
    isHeard = true;
    const ref = handle.remote(data);
    onTheirWay.add(ref);
    return ref.finally(() => onTheirWay.delete(ref));
  };
}

async function httpSender(
  client: Client,
  endpoint: string,
  status: EndpointStatus | undefined,
  given: TargetGiven,
): Promise<Send> {
  const { data, path = status?.route ?? null } = given;
  if (client.http === null) throw refused(`the instance has no HTTP; leave out http, and it goes by handle`);
  if (path === null) throw refused(`endpoint '${endpoint}' has no route; leave out http, and it goes by handle`);
  if (path.includes('{')) {
    throw refused(`the route ${path} has variables; say which path is meant: --path ${path.replace(/\{.*?\}/g, '1')}`);
  }
  const url = new URL(path, client.http.url);
  const init = requestInit(endpoint, status?.methods ?? [], data);
  // Node loads its HTTP client with the first call, which takes a tenth of a second.
  await (await fetch(new URL('/-/healthz', url)).catch(() => null))?.arrayBuffer();
  return async (signal) => {
    const response = await fetch(url, { ...init, signal }).catch((error: unknown) => {
      throw connectionFailure(error);
    });
    const body = await response.arrayBuffer();
    if (response.status >= 400) throw httpFailure(response.status, body);
  };
}

function requestInit(endpoint: string, methods: readonly string[], data: unknown): RequestInit {
  const wanted = data === undefined ? ['GET', 'HEAD'] : ['POST', 'PUT', 'PATCH'];
  const method = wanted.find((name) => methods.includes(name)) ?? (data === undefined ? methods[0] : undefined);
  if (method === undefined) {
    throw refused(`endpoint '${endpoint}' takes ${methods.join(', ')}, and data want one of ${wanted.join(', ')}`);
  }
  if (data === undefined) return { method };
  const isRaw = typeof data === 'string' || data instanceof Uint8Array;
  const type = typeof data === 'string' ? 'text/plain' : isRaw ? 'application/octet-stream' : 'application/json';
  return { method, headers: { 'content-type': type }, body: isRaw ? data : JSON.stringify(data) } as RequestInit;
}

function httpFailure(status: number, body: ArrayBuffer): HttpFailure {
  const text = new TextDecoder().decode(body);
  const [, code = `HTTP ${status}`] = /"code":\s*"([A-Z_]+)"/.exec(text) ?? [];
  const [, message = text.slice(0, 200)] = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  return new HttpFailure(code, message);
}

/** As `fetch` fails: the reason is its cause. */
function connectionFailure(error: unknown): HttpFailure {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  return new HttpFailure(
    typeof code === 'string' ? code : 'CONNECTION_FAILED',
    cause instanceof Error ? cause.message : String(cause),
  );
}

const refused = (message: string): ServeError => new ServeError('INVALID_ARGUMENT', message);
