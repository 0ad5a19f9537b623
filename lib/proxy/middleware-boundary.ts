/** Around the user's middlewares: whatever they throw, the caller gets an answer and the query does not linger. */
import type Koa from 'koa';
import { writeAnswer } from './answer-writing.ts';
import { exchangeOf } from './exchange.ts';
import { disclosureOf } from './http-errors.ts';
import { isRefusal, middlewareErrorAnswer } from './middleware-errors.ts';
import type { ProxyShell } from './proxy-parts.ts';

/** The outermost middleware. */
export function middlewareBoundary(shell: ProxyShell): Koa.Middleware {
  return async (ctx, next) => {
    const exchange = exchangeOf(ctx.res);
    ctx.set('X-Request-Id', exchange.id);
    try {
      await next();
    } catch (thrown) {
      answerThrown(shell, ctx, thrown);
    }
    // A middleware may have given up on the query (a race against a timer) without throwing.
    exchange.abandon();
    if (ctx.respond !== false && !ctx.headerSent) ctx.set('X-Request-Id', exchange.id);
  };
}

/** Answers for what a middleware threw, or for what Koa could not write of what a middleware left as the body. */
export function answerThrown(shell: ProxyShell, ctx: Koa.Context, thrown: unknown): void {
  const exchange = exchangeOf(ctx.res);
  const { res } = ctx;
  exchange.abandon();
  if (!isRefusal(thrown)) shell.parts.onMiddlewareError?.(thrown, exchange.id);
  ctx.respond = false;
  // Half an answer is under way: only a broken connection tells the caller that it is not whole.
  if (res.headersSent) {
    if (!res.writableEnded) res.destroy();
    return;
  }
  if (!ctx.writable) return;
  // Cookies, caching and types were meant for another body; an Error's own `headers` are put back, as in Koa.
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.statusMessage = '';
  writeAnswer(res, middlewareErrorAnswer(thrown, exchange.id, disclosureOf(shell.options)), exchange.id);
}
