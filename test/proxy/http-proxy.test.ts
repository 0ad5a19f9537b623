import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { startHttpProxy } from '../../lib/proxy/http-proxy.ts';
import {
  always,
  answerOf,
  ask,
  codeOf,
  open,
  ROUTES,
  readUntil,
  request,
  silent,
  talk,
  untilClosed,
  uploadOf,
  withProxy,
} from './proxy-fixture.ts';

const test = suite('http-proxy');
const hello = always(answerOf('hello'));

test('a request becomes a query, and its answer the response', () =>
  withProxy(hello, async ({ proxy, queries, observed }) => {
    const reply = await ask(proxy.port, 'GET /items/7?x=1', ['X-Serve-Call-Method: add', 'X-Serve-Shard-Key: k']);
    assert.is(reply.status, 200);
    assert.is(reply.body, 'hello');
    assert.match(reply.head, /Content-Length: 5/);
    assert.match(reply.head, /X-Request-Id: made-1/);
    const [query] = queries;
    assert.is(query?.endpoint, 'items');
    assert.is(query?.callMethod, 'add');
    assert.is(query?.shardKey, 'k');
    assert.is(query?.answerAs, 'http');
    assert.is(query?.request.url, '/items/7?x=1');
    assert.is(query?.request.pathParams?.id, 7);
    assert.is(query?.request.body, null);
    assert.ok(query?.request.headers.startsWith('Host\ntest\nConnection\nclose\n'));
    assert.equal(observed, [{ route: '/items/{id:int}', method: 'GET', status: 200 }]);
  }));

test('a valid request id is taken over, another one replaced', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    const ids = ['ok-1.2:3_', 'a'.repeat(128), 'a'.repeat(129), 'no spaces', ''];
    for (const id of ids) await ask(proxy.port, 'GET /echo', [`X-Request-Id: ${id}`]);
    assert.equal(
      queries.map(({ request }) => request.id),
      [ids[0], ids[1], 'made-1', 'made-2', 'made-3'],
    );
  }));

test('unknown routes are 404, other methods 405 with Allow', () =>
  withProxy(hello, async ({ proxy, queries, observed }) => {
    const cases: readonly [string, number, string][] = [
      ['GET /nowhere', 404, 'ROUTE_NOT_FOUND'],
      ['GET /echo/', 404, 'ROUTE_NOT_FOUND'],
      ['GET /Echo', 404, 'ROUTE_NOT_FOUND'],
      ['GET //echo', 404, 'ROUTE_NOT_FOUND'],
      ['GET /-/else', 404, 'ROUTE_NOT_FOUND'],
      ['GET /-/Routes', 404, 'ROUTE_NOT_FOUND'],
      ['GET /-/routes/', 404, 'ROUTE_NOT_FOUND'],
      ['DELETE /echo', 405, 'METHOD_NOT_ALLOWED'],
      ['PROPFIND /echo', 405, 'METHOD_NOT_ALLOWED'],
      ['POST /-/routes', 405, 'METHOD_NOT_ALLOWED'],
      ['GET /files/a/%zz', 400, 'BAD_REQUEST'],
      ['GET /files/a%00', 400, 'BAD_REQUEST'],
      ['GET /files/..%2f..%2fetc', 400, 'BAD_REQUEST'],
    ];
    for (const [line, status, code] of cases) {
      const reply = await ask(proxy.port, line);
      assert.is(reply.status, status, line);
      assert.is(codeOf(reply), code, line);
    }
    assert.match((await ask(proxy.port, 'DELETE /echo')).head, /Allow: GET, POST, HEAD/);
    assert.match((await ask(proxy.port, 'GET /write')).head, /Allow: POST\r\n/);
    assert.is(queries.length, 0);
    assert.equal(
      observed.slice(7, 10).map(({ route, method }) => [route, method]),
      [
        ['/echo', 'DELETE'],
        ['/echo', 'OTHER'],
        ['/-/routes', 'POST'],
      ],
    );
  }));

test('the system routes answer', () => {
  let ready = false;
  return withProxy(
    hello,
    async ({ proxy, observed }) => {
      const notReady = await ask(proxy.port, 'GET /-/healthz');
      assert.is(notReady.status, 503);
      assert.match(notReady.head, /Retry-After: 1/);
      ready = true;
      assert.is((await ask(proxy.port, 'GET /-/healthz')).status, 200);
      assert.equal(JSON.parse((await ask(proxy.port, 'GET /-/routes?x')).body), ROUTES);
      const metrics = await ask(proxy.port, 'GET /-/metrics');
      assert.is(metrics.body, 'up 1\n');
      assert.match(metrics.head, /Content-Type: text\/plain; version=0\.0\.4/);
      assert.match(metrics.head, /X-Request-Id: made-/);
      assert.is((await ask(proxy.port, 'HEAD /-/routes')).body, '');
      assert.is(observed[0]?.route, '/-/healthz');
    },
    {},
    { isReady: () => ready },
  );
});

test('metrics that cannot be collected are a 500', () =>
  withProxy(
    hello,
    async ({ proxy }) => {
      const reply = await ask(proxy.port, 'GET /-/metrics');
      assert.is(reply.status, 500);
      assert.is(codeOf(reply), 'MIDDLEWARE_ERROR');
      assert.not.match(reply.body, /secret/);
    },
    {},
    { metricsText: () => Promise.reject(new Error('secret')) },
  ));

test('a failed query is an error answer with its status', () => {
  const failures: readonly [ServeError, number][] = [
    [new ServeError('QUEUE_FULL', 'full'), 503],
    [new ServeError('NO_REPLICA', 'none'), 503],
    [new ServeError('REPLICA_DIED', 'died'), 502],
    [new ServeError('TIMEOUT', 'late'), 504],
    [new ServeError('METHOD_NOT_FOUND', 'no such method'), 404],
    [new ServeError('BACKEND_ERROR', 'secret', { cause: new Error('secret') }), 500],
  ];
  let at = 0;
  return withProxy(
    (_query, sink) => sink.failed(failures[at]?.[0] ?? new ServeError('TIMEOUT', '')),
    async ({ proxy }) => {
      for (const [error, status] of failures) {
        const reply = await ask(proxy.port, 'GET /echo', ['X-Request-Id: mine']);
        at += 1;
        assert.is(reply.status, status);
        const body = JSON.parse(reply.body).error;
        assert.is(body.code, error.code);
        assert.is(body.requestId, 'mine');
        assert.is(/Retry-After: 1\r\n/.test(reply.head), status === 503);
        assert.not.match(reply.body, /secret|stack/);
      }
    },
  );
});

test('1e5 unknown paths have one label', () =>
  withProxy(hello, async ({ proxy, observed, until }) => {
    const total = 100_000;
    const socket = await open(proxy.port);
    socket.resume();
    for (let from = 0; from < total; from += 500) {
      let text = '';
      for (let i = from; i < from + 500; i += 1) text += `GET /no/${i} HTTP/1.1\r\nHost: x\r\n\r\n`;
      socket.write(text);
      await until(() => observed.length >= from + 500);
    }
    socket.destroy();
    assert.equal([...new Set(observed.map(({ route, status }) => `${route} ${status}`))], ['unmatched 404']);
  }));

test('a taken port is PORT_IN_USE and says what to do', () =>
  withProxy(hello, async ({ proxy }) => {
    const error = await failureOf(proxy.port, '127.0.0.1');
    assert.is(error.code, 'PORT_IN_USE');
    assert.match(error.message, String(proxy.port));
    assert.match(error.message, /0 = any free one/);
  }));

test('another reason not to listen is LISTEN_FAILED', async () => {
  assert.is((await failureOf(0, '192.0.2.1')).code, 'LISTEN_FAILED');
  assert.is((await failureOf(0, 'no-such-host.invalid')).code, 'LISTEN_FAILED');
});

async function failureOf(port: number, host: string): Promise<ServeError> {
  const options = { host, port, middlewares: [], maxBodyBytes: 1, requestTimeoutMs: null, debugErrors: false };
  const unused = (): never => {
    throw new Error('not called');
  };
  try {
    await startHttpProxy(options, {
      submit: unused,
      routes: unused,
      listRoutes: unused,
      isReady: unused,
      metricsText: unused,
      newRequestId: unused,
      observe: unused,
    });
  } catch (error) {
    if (error instanceof ServeError) return error;
    throw error;
  }
  throw new Error('it listens');
}

test('a connection is kept for the next request', () =>
  withProxy(hello, async ({ proxy }) => {
    const socket = await open(proxy.port);
    for (let i = 0; i < 3; i += 1) {
      socket.write('GET /echo HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.match(await readUntil(socket, 'hello'), /Keep-Alive: timeout=75/);
    }
    socket.destroy();
  }));

test('pipelined requests are answered in order, whichever ends first', () => {
  let answerFirst = (): void => undefined;
  return withProxy(
    ({ request: { url } }, sink) => {
      const answer = (): void => sink.answered(answerOf(url));
      if (url.endsWith('1')) answerFirst = answer;
      else {
        answer();
        answerFirst();
      }
    },
    async ({ proxy }) => {
      const first = 'GET /echo?1 HTTP/1.1\r\nHost: x\r\n\r\n';
      const text = await talk(proxy.port, first + request('GET /echo?2'));
      assert.match(text, /\/echo\?1HTTP\/1\.1 200 [\s\S]*\/echo\?2$/);
    },
  );
});

test('the deadline of the options goes with the query', () =>
  withProxy(
    hello,
    async ({ proxy, queries }) => {
      await ask(proxy.port, 'GET /echo');
      const left = queries[0]?.timeoutMs ?? 0;
      assert.ok(left > 4000 && left <= 5000);
    },
    { requestTimeoutMs: 5000 },
  ));

test('close closes idle connections and lets running requests end', async () => {
  let answer = (): void => undefined;
  await withProxy(
    (_query, sink) => {
      answer = () => sink.answered(answerOf('late'));
    },
    async ({ proxy, until, queries, observed }) => {
      const fresh = await open(proxy.port);
      const busy = await open(proxy.port);
      busy.write('GET /echo HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => queries.length === 1);
      const closed = proxy.close(60_000);
      await untilClosed(fresh);
      const received = untilClosed(busy);
      answer();
      const text = await received;
      assert.match(text, /Connection: close[\s\S]*late/);
      await closed;
      assert.is(observed[0]?.status, 200);
    },
  );
});

test('a request that comes while closing gets 503', async () => {
  let end = (): void => undefined;
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('first'));
      end = () => controller.close();
    },
  });
  await withProxy(always(answerOf(source)), async ({ proxy, queries }) => {
    const socket = await open(proxy.port);
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n');
    await readUntil(socket, 'first');
    const reader = uploadOf(queries[0]).getReader();
    const closed = proxy.close(60_000);
    const received = untilClosed(socket);
    // The rest of the body and the next request are one write: who has read the one has the other.
    socket.write(`${'x'.repeat(70_000)}GET /echo HTTP/1.1\r\nHost: x\r\n\r\n`);
    while (!(await reader.read()).done);
    end();
    const text = await received;
    assert.match(text, /HTTP\/1\.1 503/);
    assert.match(text, /Retry-After: 1/);
    assert.match(text, /Connection: close/);
    assert.match(text, /shutting down/);
    await closed;
    assert.is(queries.length, 1);
  });
});

test('what is still running after the grace is destroyed', () =>
  withProxy(silent, async ({ proxy, until, queries, numCancelled }) => {
    const socket = await open(proxy.port);
    socket.write('GET /echo HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => queries.length === 1);
    const ended = untilClosed(socket);
    await proxy.close(0);
    assert.is(await ended, '');
    assert.is(numCancelled(), 1);
  }));

test('close twice is once', () =>
  withProxy(hello, async ({ proxy }) => {
    assert.is(proxy.close(0), proxy.close(0));
    await proxy.close(0);
    const server = createServer().listen(proxy.port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }));

test.run();
