/** A proxy on a free port in front of a fake router, and raw sockets to speak to it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { AnswerSink, HttpAnswer, Query } from '../../lib/domain/query.ts';
import { parseRoute } from '../../lib/domain/route.ts';
import { RouteIndex } from '../../lib/domain/route-index.ts';
import { ServeError } from '../../lib/errors.ts';
import { type HttpProxy, type HttpProxyOptions, type ProxyParts, startHttpProxy } from '../../lib/proxy/http-proxy.ts';

export interface Observation {
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

export interface ProxyFixture {
  readonly proxy: HttpProxy;
  readonly queries: Query[];
  readonly observed: Observation[];
  readonly thrown: unknown[];
  /** Resolves when the condition holds; looks again after each query, cancellation and end of a request. */
  until(condition: () => boolean): Promise<void>;
  readonly numCancelled: () => number;
}

/** Stands for a router and its replicas. */
export type FakeBackend = (query: Query, sink: AnswerSink) => void;

export const ROUTES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  '/echo': ['echo', ['GET', 'POST']],
  '/write': ['write', ['POST']],
  '/items/{id:int}': ['items', ['GET']],
  '/files/{rest:path}': ['files', ['GET']],
};

const DEFAULTS: HttpProxyOptions = {
  host: '127.0.0.1',
  port: 0,
  middlewares: [],
  maxBodyBytes: 1024 * 1024,
  requestTimeoutMs: null,
  debugErrors: false,
};

export function answerOf(body: HttpAnswer['body'], more: Partial<HttpAnswer> = {}): HttpAnswer {
  return { status: 200, headers: null, contentType: typeof body === 'string' ? 'text/plain' : null, body, ...more };
}

/** A backend that answers everything with the same. */
export const always =
  (answer: HttpAnswer): FakeBackend =>
  (_query, sink) =>
    setImmediate(() => sink.answered(answer));

/** A backend that never answers. */
export const silent: FakeBackend = () => undefined;

/** Runs `test` against a proxy and closes it. */
export async function withProxy(
  backend: FakeBackend,
  test: (fixture: ProxyFixture) => Promise<void>,
  options: Partial<HttpProxyOptions> = {},
  parts: Partial<ProxyParts> = {},
): Promise<void> {
  const fixture = await startFixture(backend, options, parts);
  try {
    await test(fixture);
  } finally {
    await fixture.proxy.close(0);
  }
}

async function startFixture(
  backend: FakeBackend,
  options: Partial<HttpProxyOptions>,
  parts: Partial<ProxyParts>,
): Promise<ProxyFixture> {
  const queries: Query[] = [];
  const observed: Observation[] = [];
  const thrown: unknown[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const look of waiting) look();
  };
  let cancelled = 0;
  let lastId = 0;
  const index = new RouteIndex(
    Object.entries(ROUTES).map(([route, [endpoint, methods]]) => [parseRoute(route), { endpoint, methods }] as const),
  );
  const proxy = await startHttpProxy(
    { ...DEFAULTS, ...options },
    {
      submit: (query, sink) => {
        queries.push(query);
        backend(query, sink);
        changed();
        return {
          cancel: () => {
            cancelled += 1;
            sink.failed(new ServeError('CANCELLED', 'cancelled'));
            changed();
          },
        };
      },
      routes: () => index,
      listRoutes: () => Object.fromEntries(Object.entries(ROUTES).map(([route, [name, m]]) => [route, [name, [...m]]])),
      isReady: () => true,
      metricsText: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' }),
      newRequestId: () => `made-${++lastId}`,
      observe: (route, method, status) => {
        observed.push({ route, method, status });
        changed();
      },
      onMiddlewareError: (error) => thrown.push(error),
      ...parts,
    },
  );
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { proxy, queries, observed, thrown, until, numCancelled: () => cancelled };
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes and gives everything that came back before the server closed. */
export async function talk(port: number, bytes: string): Promise<string> {
  const socket = await open(port);
  socket.write(bytes, 'latin1');
  return untilClosed(socket);
}

export async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  // Not `once`: it would reject at the error before the close.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** Reads until the text has come. */
export async function readUntil(socket: Socket, wanted: string): Promise<string> {
  let text = '';
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
    if (text.includes(wanted)) return text;
  }
}

/** A request that asks for the connection to be closed. */
export function request(line: string, headers: readonly string[] = [], body = ''): string {
  return `${[`${line} HTTP/1.1`, 'Host: test', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n${body}`;
}

export interface Reply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Takes one answer apart. */
export function parseReply(text: string): Reply {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  return { status: Number(head.slice(9, 12)), head, body: end < 0 ? '' : text.slice(end + 4) };
}

export async function ask(port: number, line: string, headers: readonly string[] = [], body = ''): Promise<Reply> {
  return parseReply(await talk(port, request(line, headers, body)));
}

/** The code in an error answer. */
export function codeOf({ body }: Reply): unknown {
  return JSON.parse(body).error.code;
}

/** The body of a query that came in motion. */
export function uploadOf(query: Query | undefined): ReadableStream<Uint8Array> {
  const body = query?.request.body;
  if (body instanceof ReadableStream) return body;
  throw new Error('the query has no stream');
}
