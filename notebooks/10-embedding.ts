// %% [markdown]
// # 10. Embedding
//
// Who needs a model behind a route often has an HTTP server already. There are three ways to bring the two together: a route
// of yours calls a handle; your server passes some of its paths on to servelab; or your middlewares run in front of
// servelab's routes, on one port.
//
// At the end you will have done all three, in Koa and in Fastify, and have compared what callers see of a failure in each.

// %%
import { type ServeError, type ServeErrorCode, type ServeRequest, start } from 'servelab';
import { chart, display } from 'servelab/notebook';

// %% [markdown]
// ## What is there
//
// A shop in Koa, with an access log, a login, and one page. And one in Fastify, which gets its routes further down. They stand for
// whatever you have.

// %% A shop in Koa
import Router from '@koa/router';
import Koa from 'koa';

const accessLog: string[] = [];
const router = new Router();
const shop = new Koa();
shop.use(log).use(login).use(router.routes());
router.get('/orders', orders);

async function log(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  await next();
  accessLog.push(`${ctx.method} ${ctx.path} ${ctx.status}`);
}

function login(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  return ctx.get('authorization') === 'Bearer ada' ? next() : ctx.throw(401);
}

function orders(ctx: Koa.Context): void {
  ctx.body = [{ order: 1, note: 'Bitte bald liefern, es ist ein Geschenk.' }];
}

// %% [markdown]
// ## The model
//
// It says which language a text is in, and throws at an empty one. `start` runs in your program, beside your server. The line
// with `middlewares` is for the third way, and does nothing until then.

// %% A model in the same program
const models = await start({
  name: `embedded-${process.pid}`,
  http: { port: 0, middlewares: shop.middleware },
});
const modelsUrl = models.http?.url ?? '';

async function languageOf(request: ServeRequest) {
  const { franc } = await import('franc');
  const text = await request.text();
  if (text === '') throw new RangeError('there is no text for franc');
  return { language: franc(text) };
}
await models.createBackend('franc', languageOf);
await models.createEndpoint('language', { backend: 'franc', route: '/language', methods: ['POST'] });

// %% [markdown]
// ## First way: a route calls a handle
//
// For a model that is one step of what a route does. A handle takes values and gives values; HTTP stays your server's. The type of
// the answer is known, as `getHandle` is told which function answers.
//
// Two things become yours. If the caller goes away, cancel, or the model works for nobody. And failures are errors
// in your route now: give them their status.

// %% What a failure is over HTTP
const STATUS: Partial<Record<ServeErrorCode, number>> = {
  QUEUE_FULL: 503,
  NO_REPLICA: 503,
  REPLICA_DIED: 502,
  TIMEOUT: 504,
};
const statusOf = ({ code }: ServeError): number => STATUS[code] ?? 500;

// %% In Koa
const language = await models.getHandle<typeof languageOf>('language');

router.post('/orders/language', identify);

async function identify(ctx: Koa.Context): Promise<void> {
  const asked = language.remote(ctx.get('x-note'));
  ctx.res.once('close', () => asked.cancel());
  try {
    ctx.body = await asked;
  } catch (error) {
    ctx.status = statusOf(error as ServeError);
    ctx.body = { error: (error as ServeError).code };
  }
}

// %% In Fastify
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

const fastify = Fastify();

fastify.post('/orders/language', (request, reply) => {
  const asked = language.remote(String(request.headers['x-note'] ?? ''));
  reply.raw.once('close', () => asked.cancel());
  return asked;
});
fastify.setErrorHandler(tell);

function tell(error: ServeError, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.code(statusOf(error)).send({ error: error.code });
}

// %% [markdown]
// Without the error handler Fastify would send the message of what the model threw to the caller. Koa would not, but would say 500
// to all of it. A 503 can be tried again, a 500 not.
//
// ## Second way: paths are passed on
//
// For models that clients of yours call directly. Your server passes on what is below `/models/`, streams included. Statuses,
// error bodies and `X-Request-Id` are servelab's. The instance might as well be in another process, or on another machine. As
// the shop's login will stand before it, too, your server logs in there.

// %% A part of the paths is servelab's
import { Readable } from 'node:stream';

fastify.register(passOn);

async function passOn(scope: FastifyInstance): Promise<void> {
  // What is passed on need not be parsed.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));

  scope.post<{ Params: { '*': string } }>('/models/*', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const answer = await fetch(`${modelsUrl}/${request.params['*']}`, {
      method: 'POST',
      headers: { authorization: 'Bearer ada' },
      body: Readable.toWeb(request.raw),
      duplex: 'half',
      signal: gone.signal,
    });
    return reply.send(answer);
  });
}

// %% [markdown]
// ## Third way: one port
//
// For a server that is to become servelab's. `middlewares: shop.middleware` above has put all of the shop in front of
// servelab's routes: log, login and pages. What no middleware answers, servelab does.
//
// Koa's middlewares come along, its `app` does not: `ctx.app` is servelab's, and what is added by `shop.use` after
// `start` is not seen. Routes that a router gets later are.

// %% The shop's pages and the model on one port
async function ask(url: string, init: RequestInit = {}) {
  const headers = { authorization: 'Bearer ada', ...init.headers };
  const response = await fetch(url, { method: 'POST', ...init, headers });
  return { status: response.status, body: await response.text() };
}

display([
  { request: 'GET /orders', ...(await ask(`${modelsUrl}/orders`, { method: 'GET' })) },
  {
    request: 'POST /language',
    ...(await ask(`${modelsUrl}/language`, { body: 'Bitte bald liefern, es ist ein Geschenk.' })),
  },
]);
const stranger = await ask(`${modelsUrl}/language`, { body: 'Let me in', headers: { authorization: '' } });
display({ 'without a login': stranger.status });
console.log(accessLog.join('\n'));

// %% [markdown]
// The login of the shop guards the model, and the log has its requests. It guards `/-/metrics` and `/-/healthz`, too: let those
// pass that may read them.
//
// The stranger is not in the log, as this log writes nothing of what throws. That is the shop's own way, and the same without
// servelab.
//
// ## The three of them, side by side
//
// The same three requests in each way: one that is answered, one that makes the model throw, and one while there is no
// replica at all.

// %% What callers see
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const koaServer = shop.listen(0, '127.0.0.1');
await once(koaServer, 'listening');
const koaUrl = `http://127.0.0.1:${(koaServer.address() as AddressInfo).port}`;
const fastifyUrl = await fastify.listen({ port: 0, host: '127.0.0.1' });

const WAYS = {
  'handle, Koa': (note: string) => ask(`${koaUrl}/orders/language`, { headers: { 'x-note': note } }),
  'handle, Fastify': (note: string) => ask(`${fastifyUrl}/orders/language`, { headers: { 'x-note': note } }),
  'passed on': (note: string) => ask(`${fastifyUrl}/models/language`, { body: note }),
  'one port': (note: string) => ask(`${modelsUrl}/language`, { body: note }),
};

const NOTE = 'Bitte bald liefern, es ist ein Geschenk.';
const each = (note: string) => Promise.all(Object.values(WAYS).map((send) => send(note)));

const answered = await each(NOTE);
const failed = await each('');
await models.updateBackendConfig('franc', { numReplicas: 0 });
const without = await each(NOTE);
await models.updateBackendConfig('franc', { numReplicas: 1 });

display(
  Object.keys(WAYS).map((way, at) => ({
    way,
    'a text': answered[at].status,
    'an empty one': failed[at].status,
    'its message is told': failed[at].body.includes('there is no text for franc'),
    'no replica': without[at].status,
  })),
);

// %% [markdown]
// Callers see the same in all four columns. In the first two rows because it was written there, in the others because servelab
// says it.
//
// What differs is the way that a request takes. How long is it? A hundred requests each, one
// after the other and the four ways in turn, so that whatever else the machine does meets all of them:

// %% How long they take servelab={"compare": "kinds"}
const took: Record<string, number[]> = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
for (let n = 0; n < 100; n++) {
  for (const [way, send] of Object.entries(WAYS)) {
    const begunAt = performance.now();
    await send(NOTE);
    took[way].push(performance.now() - begunAt);
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];
const medians = Object.entries(took).map(([way, values]) => ({ way, median: median(values) }));
display(chart.bars(medians, { title: 'median of a hundred requests', x: 'way', y: 'median', unit: 'ms' }));

// %% [markdown]
// To pass a request on is a second request, and takes the longest.
//
// ## The end, in order
//
// First stop taking requests, then let those under way finish, then end the instance. A server's `close` does the first two.
// Is a request answered that is under way at that moment?

// %% Close while a request is under way
await models.updateBackend('franc', async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { language: 'und' };
});
const underWay = WAYS['handle, Koa']('Bitte');
for await (const { replicas } of models.watch()) if (replicas.some(({ ongoing }) => ongoing === 1)) break;

koaServer.close();
await fastify.close();
const lastAnswer = await underWay;
// Node closes connections that are idle when it is told to close; this one was busy then.
koaServer.closeIdleConnections();
await models.shutdown();

display(lastAnswer);

// %% [markdown]
// It is. `shutdown` itself waits for nothing: what comes in through servelab's own port is broken off. To let that finish, too,
// delete the endpoints and then the backends first: `deleteBackend` resolves when the last of their requests has ended.
//
// ## Try next
//
// - Start the instance with `host: 'process'`, so that a loop in your server's code holds up no model, nor the other way round.
// - Start it with `servelab start --detached`, and have your server `connect` to it: then you can deploy either without the other.
//
// This was the last lesson. The [README](../README.md) has all of it for looking up.
