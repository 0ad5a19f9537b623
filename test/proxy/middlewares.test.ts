import cors from '@koa/cors';
import fc from 'fast-check';
import type Koa from 'koa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import {
  always,
  answerOf,
  ask,
  codeOf,
  open,
  parseReply,
  readUntil,
  silent,
  talk,
  untilClosed,
  withProxy,
} from './proxy-fixture.ts';

const test = suite('middlewares');
const hello = always(answerOf('hello'));

test('they run in order, in front of every route, and see the final status', () => {
  const seen: string[] = [];
  const named = (name: string): Koa.Middleware => {
    return async (ctx, next) => {
      seen.push(`${name} in`);
      await next();
      seen.push(`${name} ${ctx.status}`);
      ctx.set(`X-${name}`, String(ctx.status));
    };
  };
  return withProxy(
    (_query, sink) => sink.failed(new ServeError('QUEUE_FULL', 'full')),
    async ({ proxy, observed }) => {
      const reply = await ask(proxy.port, 'GET /echo');
      assert.equal(seen, ['a in', 'b in', 'b 503', 'a 503']);
      assert.is(reply.status, 503);
      assert.is(codeOf(reply), 'QUEUE_FULL');
      assert.match(reply.head, /Retry-After: 1/);
      assert.match(reply.head, /X-a: 503/);
      for (const [line, status] of [
        ['GET /-/routes', 200],
        ['GET /-/healthz', 200],
        ['GET /nowhere', 404],
        ['PUT /echo', 405],
      ] as const) {
        const other = await ask(proxy.port, line);
        assert.is(other.status, status);
        assert.match(other.head, `X-b: ${status}`);
      }
      assert.is(observed.at(-1)?.route, '/echo');
    },
    { middlewares: [named('a'), named('b')] },
  );
});

test('one may answer by itself, and it counts for the route it stood in front of', () =>
  withProxy(
    hello,
    async ({ proxy, queries, observed }) => {
      const reply = await ask(proxy.port, 'GET /echo');
      assert.is(reply.body, '{"own":true}');
      assert.match(reply.head, /X-Request-Id: made-1/);
      assert.is(queries.length, 0);
      assert.equal(observed, [{ route: '/echo', method: 'GET', status: 200 }]);
    },
    {
      middlewares: [
        (ctx) => {
          ctx.body = { own: true };
        },
      ],
    },
  ));

test('one may read the body first; the raw body it keeps is the query’s', () =>
  withProxy(
    hello,
    async ({ proxy, queries }) => {
      assert.is((await ask(proxy.port, 'POST /echo', ['Content-Length: 3'], 'abc')).status, 200);
      assert.equal(queries[0]?.request.body, new TextEncoder().encode('abc'));
      const socket = await open(proxy.port);
      socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
      await readUntil(socket, '100 Continue');
      socket.write('abc');
      await readUntil(socket, 'hello');
      socket.destroy();
    },
    {
      middlewares: [
        async (ctx, next) => {
          const parts: Buffer[] = [];
          for await (const part of ctx.req) parts.push(part);
          Reflect.set(ctx.request, 'rawBody', Buffer.concat(parts).toString());
          await next();
        },
      ],
    },
  ));

test('@koa/cors answers preflights and marks answers, errors too', () => {
  const failing: Koa.Middleware = (ctx, next) => (ctx.path === '/write' ? ctx.throw(401, 'who?') : next());
  return withProxy(
    (_query, sink) => sink.failed(new ServeError('BACKEND_ERROR', 'x', { cause: new Error('x') })),
    async ({ proxy }) => {
      const origin = 'Origin: http://page.test';
      const preflight = await ask(proxy.port, 'OPTIONS /echo', [origin, 'Access-Control-Request-Method: POST']);
      assert.is(preflight.status, 204);
      assert.match(preflight.head, /Access-Control-Allow-Methods/);
      for (const [line, status] of [
        ['GET /echo', 500],
        ['POST /write', 401],
      ] as const) {
        const reply = await ask(proxy.port, line, [origin]);
        assert.is(reply.status, status);
        assert.match(reply.head, /access-control-allow-origin: \*/i);
        assert.match(reply.head, /X-Request-Id: /);
      }
    },
    { middlewares: [cors({ keepHeadersOnError: true }), failing] },
  );
});

test('a refusal is told to its caller alone, a failure to whoever runs the service, too', async () => {
  const refusing: Koa.Middleware = (ctx) => ctx.throw(ctx.path === '/echo' ? 401 : 503, 'why');
  await withProxy(
    hello,
    async ({ proxy, thrown }) => {
      assert.is((await ask(proxy.port, 'GET /echo')).status, 401);
      assert.equal(thrown, []);
      assert.is((await ask(proxy.port, 'GET /other')).status, 503);
      assert.is(thrown.length, 1);
    },
    { middlewares: [refusing] },
  );
});

/** Everything that was ever seen thrown, and worse. */
const HOSTILE: readonly unknown[] = [
  null,
  undefined,
  'text',
  0,
  Symbol('s'),
  { status: 200 },
  Object.assign(new Error('x'), { status: 200, expose: true }),
  Object.assign(new Error('x'), { headers: null, status: 404 }),
  Object.create(null),
  Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('no');
    },
  }),
  new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
    getPrototypeOf() {
      throw new Error('no');
    },
  }),
  () => undefined,
];

test('whatever one throws is answered, and nothing of it told', async () => {
  let current: unknown;
  const thrower: Koa.Middleware = () => {
    throw current;
  };
  await withProxy(
    hello,
    async ({ proxy, thrown }) => {
      const check = async (value: unknown): Promise<void> => {
        current = value;
        const reply = parseReply(await talk(proxy.port, 'GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
        assert.is(reply.status, 500);
        assert.is(codeOf(reply), 'MIDDLEWARE_ERROR');
        assert.match(reply.body, /a middleware of this service failed/);
      };
      for (const value of HOSTILE) await check(value);
      assert.is(thrown.length, HOSTILE.length);
      await fc.assert(fc.asyncProperty(fc.anything(), check), { numRuns: 200 });
    },
    { middlewares: [thrower] },
  );
});

test('ctx.throw keeps status, message and headers', () =>
  withProxy(
    hello,
    async ({ proxy }) => {
      const reply = await ask(proxy.port, 'GET /echo');
      assert.is(reply.status, 401);
      assert.is(codeOf(reply), 'MIDDLEWARE_ERROR');
      assert.match(reply.body, /who are you/);
      assert.match(reply.head, /WWW-Authenticate: Basic/);
    },
    { middlewares: [(ctx) => ctx.throw(401, 'who are you', { headers: { 'WWW-Authenticate': 'Basic' } })] },
  ));

test('a body that Koa cannot write is a 500 too', () =>
  withProxy(
    hello,
    async ({ proxy }) => {
      const reply = await ask(proxy.port, 'GET /echo');
      assert.is(reply.status, 500);
      assert.is(codeOf(reply), 'MIDDLEWARE_ERROR');
    },
    {
      middlewares: [
        (ctx) => {
          const circular: Record<string, unknown> = {};
          circular.self = circular;
          ctx.body = circular;
        },
      ],
    },
  ));

test('a middleware that gives up on a query cancels it', () =>
  withProxy(
    silent,
    async ({ proxy, numCancelled }) => {
      assert.is((await ask(proxy.port, 'GET /echo')).status, 504);
      assert.is(numCancelled(), 1);
    },
    {
      middlewares: [
        async (ctx, next) => {
          await Promise.race([next(), Promise.resolve()]);
          ctx.status = 504;
          ctx.body = 'enough';
        },
      ],
    },
  ));

test('a caller who leaves does not keep the middlewares waiting', async () => {
  let left = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    left = resolve;
  });
  await withProxy(
    silent,
    async ({ proxy, queries, until, numCancelled }) => {
      const socket = await open(proxy.port);
      const closed = untilClosed(socket);
      socket.write('GET /echo HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => queries.length === 1);
      socket.destroy();
      await closed;
      await ended;
      assert.is(numCancelled(), 1);
    },
    {
      middlewares: [
        async (_ctx, next) => {
          await next();
          left();
        },
      ],
    },
  );
});

test.run();
