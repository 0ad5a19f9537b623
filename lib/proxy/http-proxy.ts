/** The HTTP front door: a Koa app in a hardened server. HTTP is a query with a codec at each end. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { ServeError } from '../errors.ts';
import { answerClientError, rawAnswer } from './client-errors.ts';
import { endLingering, isClosing } from './connection-closing.ts';
import { answerDirectly, isTooLarge, koaRoutes } from './endpoint-routes.ts';
import { Exchange, exchangeOf, lastExchangeOn, ProxyResponse } from './exchange.ts';
import { badRequest, DEFAULT_TIMEOUTS, METHOD_REFUSED, originForm, refusalOf, serverOptions } from './hardening.ts';
import { answerThrown, middlewareBoundary } from './middleware-boundary.ts';
import type { HttpProxyOptions, ProxyParts, ProxyShell } from './proxy-parts.ts';
import { requestIdOf } from './request-decoding.ts';
import { systemRoutes } from './system-routes.ts';

export type { HttpProxyOptions, ProxyParts, ServerTimeouts } from './proxy-parts.ts';

export interface HttpProxy {
  /** For callers on this machine, without a trailing slash. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /**
   * Stops accepting, closes idle connections and lets running requests end for `graceMs`; then destroys what is left.
   * Requests that still come on open connections get 503. A second call gives the same promise.
   */
  close(graceMs: number): Promise<void>;
}

/** Resolves once it listens. Throws PORT_IN_USE, LISTEN_FAILED. The port is never shared with another listener. */
export async function startHttpProxy(options: HttpProxyOptions, parts: ProxyParts): Promise<HttpProxy> {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.serverTimeouts };
  const server = createServer({ ...serverOptions(timeouts), ServerResponse: ProxyResponse });
  const shell: ProxyShell = {
    options,
    parts,
    patterns: new WeakMap(),
    sockets: new Set(),
    closing: false,
    // A connection counts as idle only after the handlers of its last response's 'close' have run.
    closeIdleConnections: () => setImmediate(() => server.closeIdleConnections()),
  };
  attach(server, shell);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | null = null;
  return {
    url: `http://${urlHost(options.host)}:${port}`,
    host: options.host,
    port,
    close: (graceMs) => (closed ??= closeServer(server, shell, graceMs)),
  };
}

function attach(server: ProxyServer, shell: ProxyShell): void {
  const app = makeApp(shell).callback();
  const { newRequestId } = shell.parts;
  const isPlain = shell.options.middlewares.length === 0;
  const onRequest = (req: IncomingMessage, res: ProxyResponse): void => {
    if (!admit(shell, req, res)) return;
    if (!isPlain || !answerDirectly(shell, exchangeOf(res))) void app(req, res);
  };
  server.on('request', onRequest);
  server.on('checkContinue', (req, res: ProxyResponse) => {
    res.awaitsContinue = true;
    onRequest(req, res);
  });
  server.on('checkExpectation', (req, res: ProxyResponse) => {
    const message = 'the only expectation that can be met is 100-continue';
    newExchange(shell, req, res).refuse({ ...badRequest(message), status: 417 });
  });
  server.on('connection', (socket) => {
    shell.sockets.add(socket);
    socket.once('close', () => shell.sockets.delete(socket));
  });
  server.on('clientError', (error, socket) => answerClientError(error, socket, newRequestId));
  server.on('connect', (_req, socket) => {
    socket.on('error', () => socket.destroy());
    endLingering(socket, rawAnswer(METHOD_REFUSED, newRequestId()));
  });
}

type ProxyServer = Server<typeof IncomingMessage, typeof ProxyResponse>;

/** False when the request is already answered. */
function admit(shell: ProxyShell, req: IncomingMessage, res: ProxyResponse): boolean {
  if (isClosing(req.socket)) {
    req.resume();
    return false;
  }
  const exchange = newExchange(shell, req, res);
  if (shell.closing) {
    exchange.refuse({
      ...badRequest('this instance is shutting down'),
      status: 503,
      code: 'NO_REPLICA',
    });
    return false;
  }
  const refusal = refusalOf(req);
  const url = originForm(req.url ?? '');
  if (refusal !== null) exchange.refuse(refusal);
  else if (url === null) exchange.refuse({ ...badRequest('the request target must be a path'), connection: 'keep' });
  else {
    req.url = url;
    // A middleware may read the body before the route is known, and would wait for it for ever.
    if (res.awaitsContinue && shell.options.middlewares.length > 0 && !isTooLarge(shell, req)) res.continueBody();
    return true;
  }
  return false;
}

function newExchange(shell: ProxyShell, req: IncomingMessage, res: ProxyResponse): Exchange {
  return new Exchange(shell, req, res, requestIdOf(req, shell.parts.newRequestId));
}

function makeApp(shell: ProxyShell): Koa {
  const { middlewares } = shell.options;
  const system = systemRoutes(shell.parts, shell.options.host);
  const app = new Koa();
  // Koa prints what nobody handles; ours is answered, and told by `onMiddlewareError`.
  app.silent = true;
  app.on('error', (thrown: unknown, ctx?: Koa.Context) => {
    shell.parts.onMiddlewareError?.(thrown, ctx?.response.get('X-Request-Id') ?? '');
  });
  app.context.onerror = function onerror(this: Koa.Context, thrown: unknown): void {
    // Koa also calls this at the end of every response, then with nothing, or with the connection's own error.
    const isOfConnection = thrown === this.req.socket.errored || this.res.closed || this.res.destroyed;
    if (thrown !== null && thrown !== undefined && !isOfConnection) answerThrown(shell, this, thrown);
  };
  app.use(middlewareBoundary(shell));
  for (const middleware of middlewares) app.use(middleware);
  return app.use(koaRoutes(shell, system));
}

function listen(server: ProxyServer, { host, port }: HttpProxyOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: a failed accept (out of file descriptors) comes later, and what is open goes on.
    server.on('error', (error) => reject(listenError(error, host, port)));
    // Exclusive: in a node:cluster worker the port would otherwise be shared silently.
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): ServeError {
  if (cause.code === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use; stop what listens there, or give another port (0 = any free one)`;
    return new ServeError('PORT_IN_USE', message, { cause });
  }
  const advice = cause.code === 'EACCES' ? 'ports below 1024 need privileges' : 'check http.host and http.port';
  return new ServeError('LISTEN_FAILED', `cannot listen on ${host}:${port} (${cause.code}); ${advice}`, { cause });
}

async function closeServer(server: ProxyServer, shell: ProxyShell, graceMs: number): Promise<void> {
  shell.closing = true;
  // Node does not count a connection as idle before its first request.
  for (const socket of shell.sockets) if (lastExchangeOn(socket) === null) socket.destroy();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(timer);
  // The server says so before the last destroyed connections do, and it is those that end their exchanges.
  await Promise.all([...shell.sockets].map((socket) => once(socket, 'close')));
}

/** An address to call, for one to listen on. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
