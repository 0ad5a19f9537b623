/** Finds the route of a request and starts its exchange: behind the user's middlewares, or at once where there are none. */
import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import type { HttpAnswer } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import { putAnswer } from './answer-writing.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import { badRequest } from './hardening.ts';
import type { ProxyShell, RouteMatch } from './proxy-parts.ts';
import { bodyLength } from './request-body.ts';
import { MAX_SHARD_KEY_BYTES, shardKeyOf } from './request-decoding.ts';
import { allowOf, isAllowed, pathOf, patternOf, SYSTEM_PREFIX } from './route-facts.ts';

/**
 * Answers straight to the response, for an app without middlewares of the user's: there Koa's context, promises and
 * listeners cost a fifth of the request and serve nobody. False: the path is one of the system's, which Koa answers.
 */
export function answerDirectly(shell: ProxyShell, exchange: Exchange): boolean {
  const path = pathOf(exchange.req.url ?? '');
  if (path.startsWith(SYSTEM_PREFIX) && !isTooLarge(shell, exchange.req)) return false;
  try {
    route(shell, exchange, path, null);
  } catch (bug) {
    shell.parts.onMiddlewareError?.(bug, exchange.id);
    exchange.failed(new ServeError('BACKEND_ERROR', 'the proxy failed'));
  }
  return true;
}

/** Answers through Koa, so that the user's middlewares see the answer and may change it. */
export function koaRoutes(shell: ProxyShell, system: Koa.Middleware): Koa.Middleware {
  return async (ctx, next) => {
    const { req } = ctx;
    const exchange = exchangeOf(ctx.res);
    const path = pathOf(req.url ?? '');
    if (path.startsWith(SYSTEM_PREFIX) && !isTooLarge(shell, req)) return system(ctx, next);
    const answer = await new Promise<HttpAnswer>((resolve) => {
      exchange.answerTo(resolve);
      route(shell, exchange, path, bodyTaken(ctx));
    });
    putAnswer(ctx, answer, exchange.id);
  };
}

/** True when the declared length is over the limit. A chunked body is measured as it comes. */
export function isTooLarge({ options }: ProxyShell, req: IncomingMessage): boolean {
  return (bodyLength(req) ?? 0) > options.maxBodyBytes;
}

function route(shell: ProxyShell, exchange: Exchange, path: string, taken: Uint8Array | null): void {
  if (isTooLarge(shell, exchange.req)) {
    exchange.tooLarge();
    return;
  }
  const match = shell.parts.routes().match(path);
  if (match === 'malformed') {
    exchange.failed(new ServeError('BAD_REQUEST', 'the path has a badly encoded part, a NUL or a `..` in it'));
  } else if (match === null) {
    exchange.failed(new ServeError('ROUTE_NOT_FOUND', 'no route matches this path; see /-/routes'));
  } else {
    exchange.route = patternOf(shell, match);
    startMatched(exchange, match, taken);
  }
}

function startMatched(exchange: Exchange, match: RouteMatch, taken: Uint8Array | null): void {
  const { req, res } = exchange;
  const { methods } = match.value;
  if (!isAllowed(methods, req.method ?? '')) refuseMethod(exchange, methods);
  else if ((shardKeyOf(req)?.length ?? 0) > MAX_SHARD_KEY_BYTES) {
    exchange.refuse(badRequest(`X-SERVE-SHARD-KEY may have ${MAX_SHARD_KEY_BYTES} bytes at most`));
  } else {
    // Only now, so that nobody is asked for a body that will be refused.
    if (res.awaitsContinue) res.continueBody();
    exchange.start(match, taken);
  }
}

/** 405 with what is allowed. */
export function refuseMethod(exchange: Exchange, methods: readonly string[]): void {
  const allow = allowOf(methods);
  exchange.refuse({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    message: `this route answers ${allow}`,
    headers: ['Allow', allow],
    connection: 'keep',
  });
}

/** The body as a body-parsing middleware left it (koa-bodyparser and koa-body keep it in `rawBody`). */
function bodyTaken(ctx: Koa.Context): Uint8Array | null {
  const raw: unknown = Reflect.get(ctx.request, 'rawBody');
  if (typeof raw === 'string') return new TextEncoder().encode(raw);
  return raw instanceof Uint8Array ? new Uint8Array(raw) : null;
}
