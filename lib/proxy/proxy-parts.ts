/** What the proxy is told (options) and what it is given to work with (parts). */
import type { Socket } from 'node:net';
import type Koa from 'koa';
import type { SubmitQuery } from '../domain/query.ts';

export interface ServerTimeouts {
  /** Until the last header has arrived, in ms. */
  readonly headersTimeoutMs: number;
  /** Until the last byte of the body has arrived, in ms. */
  readonly requestTimeoutMs: number;
  /** A kept-alive connection with nothing to do is closed after this, in ms. */
  readonly keepAliveTimeoutMs: number;
  /** How often the first two are checked, in ms: each may fire this much late. */
  readonly checkIntervalMs: number;
}

export interface HttpProxyOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** In front of every route, `/-/…` included, in Koa's order. */
  readonly middlewares: readonly Koa.Middleware[];
  readonly maxBodyBytes: number;
  /** Deadline of every query, from the arrival of its headers; null = none. */
  readonly requestTimeoutMs: number | null;
  /** Show the user's message and stack in 500 answers. */
  readonly debugErrors: boolean;
  readonly serverTimeouts?: Partial<ServerTimeouts>;
}

/** What a route leads to. */
export interface EndpointRoute {
  readonly endpoint: string;
  /** Upper-case. */
  readonly methods: readonly string[];
}

export interface RouteMatch {
  readonly value: EndpointRoute;
  readonly params: Readonly<Record<string, string | number>> | null;
}

/** The part of `RouteIndex<EndpointRoute>` that the proxy needs. */
export interface RouteTable {
  match(rawPath: string): RouteMatch | 'malformed' | null;
}

export interface ProxyParts {
  readonly submit: SubmitQuery;
  /** The newest table; asked for every request. Its values stay the same objects while the table is the same. */
  routes(): RouteTable;
  /** Pattern → endpoint and methods, of the same table. */
  listRoutes(): Record<string, [string, string[]]>;
  isReady(): boolean;
  metricsText(): Promise<{ contentType: string; text: string }>;
  newRequestId(): string;
  /** Once per finished or aborted request. `status` is 499 when the caller went before any answer. */
  observe(route: string, method: string, status: number, elapsedMs: number): void;
  /** What a middleware threw and the client is not told. */
  onMiddlewareError?(thrown: unknown, requestId: string): void;
}

/** What every request of one running proxy shares. */
export interface ProxyShell {
  readonly options: HttpProxyOptions;
  readonly parts: ProxyParts;
  /** Patterns of the routes met so far; a table's routes are the same objects for as long as it is used. */
  readonly patterns: WeakMap<EndpointRoute, string>;
  /** Every open connection. */
  readonly sockets: Set<Socket>;
  /** True from the start of `close()` on. */
  closing: boolean;
  /** Called when a request ends while closing. */
  closeIdleConnections(): void;
}
