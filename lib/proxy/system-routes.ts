/** `/-/routes`, `/-/healthz`, `/-/metrics`: the proxy's own answers, for people, balancers and Prometheus. */
import Router from '@koa/router';
import type Koa from 'koa';
import { quote } from '../domain/given-value.ts';
import type { HttpAnswer } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import { putAnswer } from './answer-writing.ts';
import { refuseMethod } from './endpoint-routes.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import { isOwnHost } from './own-host.ts';
import type { ProxyParts } from './proxy-parts.ts';
import { pathOf, SYSTEM_ROUTES } from './route-facts.ts';

/** A middleware for every path under `/-/`; it never calls `next`. `listensAt`: the address of its server. */
export function systemRoutes(parts: ProxyParts, listensAt: string): Koa.Middleware {
  const dispatch = systemRouter(parts, listensAt).routes();
  return async (ctx) => {
    const exchange = exchangeOf(ctx.res);
    ctx.set('X-Request-Id', exchange.id);
    const path = pathOf(ctx.req.url ?? '');
    if (SYSTEM_ROUTES.has(path)) exchange.route = path;
    await Promise.resolve(Reflect.apply(dispatch, undefined, [ctx, () => refuseOthers(ctx, exchange)]));
  };
}

function systemRouter(parts: ProxyParts, listensAt: string): Router {
  const ownHost: Koa.Middleware = (ctx, next) =>
    isOwnHost(ctx.req.headers.host, listensAt) ? next() : refuse(ctx, foreign(ctx.req.headers.host, listensAt));
  // Its defaults take `/-/Routes/` for `/-/routes`.
  const router = new Router({ sensitive: true, strict: true });
  router.get('/-/routes', ownHost, (ctx) => {
    ctx.body = parts.listRoutes();
  });
  router.get('/-/healthz', (ctx) => {
    if (!parts.isReady()) return refuse(ctx, new ServeError('NO_REPLICA', 'the routes are not loaded yet'));
    ctx.body = 'success';
  });
  router.get('/-/metrics', ownHost, async (ctx) => {
    const { contentType, text } = await parts.metricsText();
    ctx.set('Content-Type', contentType);
    ctx.body = text;
  });
  return router;
}

function refuseOthers(ctx: Koa.Context, exchange: Exchange): void {
  exchange.answerTo((answer: HttpAnswer) => putAnswer(ctx, answer, exchange.id));
  if (exchange.route !== null) refuseMethod(exchange, ['GET']);
  else exchange.failed(new ServeError('ROUTE_NOT_FOUND', `there is only ${[...SYSTEM_ROUTES].join(', ')}`));
}

const foreign = (host: string | undefined, listensAt: string): ServeError =>
  new ServeError(
    'HOST_NOT_ALLOWED',
    `this is shown under the names of this machine only, and ${quote(host ?? '')} is none; ask for it at ${listensAt}, or ` +
      'have http.host be an address that others reach',
  );

function refuse(ctx: Koa.Context, error: ServeError): void {
  const exchange = exchangeOf(ctx.res);
  exchange.answerTo((answer: HttpAnswer) => putAnswer(ctx, answer, exchange.id));
  exchange.failed(error);
}
