import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';

const test = inThreadsAndProcesses(suite('errors'));

const THROWN: Record<string, [(request: serve.ServeRequest) => unknown, { name: string; message: string }]> = {
  error: [
    () => {
      throw new Error('plain');
    },
    { name: 'Error', message: 'plain' },
  ],
  later: [
    async () => {
      throw new TypeError('typed');
    },
    { name: 'TypeError', message: 'typed' },
  ],
  named: [
    () => {
      throw Object.assign(new Error('mine'), { name: 'ModelError' });
    },
    { name: 'ModelError', message: 'mine' },
  ],
  nullish: [
    () => {
      throw null;
    },
    { name: 'Error', message: 'null was thrown' },
  ],
  undefined: [
    () => {
      throw undefined;
    },
    { name: 'Error', message: 'undefined was thrown' },
  ],
  text: [
    () => {
      throw 'just text';
    },
    { name: 'Error', message: "'just text' was thrown" },
  ],
  status: [
    () => {
      throw { status: 200 };
    },
    { name: 'Error', message: '{ status: 200 } was thrown' },
  ],
  exposed: [
    () => {
      throw Object.assign(new Error('no'), { status: 204, expose: true, headers: { 'X-Evil': '1' } });
    },
    { name: 'Error', message: 'no' },
  ],
  rejects: [() => Promise.reject(), { name: 'Error', message: 'undefined was thrown' }],
  fn: [
    () => {
      throw () => 1;
    },
    { name: 'Error', message: 'was thrown' },
  ],
};

test(
  'anything thrown is BACKEND_ERROR by handle and a plain 500 over HTTP',
  withInstance(async (client, url) => {
    for (const [kind, [target, wanted]] of Object.entries(THROWN)) {
      const handle = await handleOf(client, kind, target);
      const error = await fails(handle.remote(), 'BACKEND_ERROR', `'${kind}'`);
      assert.instance(error, serve.BackendError);
      const cause = error.cause as Error;
      assert.instance(cause, Error);
      assert.is(cause.name, wanted.name, kind);
      assert.ok(cause.message.includes(wanted.message), `${kind}: ${cause.message}`);
      const answer = await fetch(`${url}/${kind}`);
      const body = (await answer.json()) as { error: Record<string, unknown> };
      assert.equal([answer.status, answer.headers.get('x-evil')], [500, null], kind);
      assert.equal(Object.keys(body), ['error']);
      assert.equal(Object.keys(body.error).sort(), ['code', 'message', 'requestId']);
      assert.is(body.error.code, 'BACKEND_ERROR');
      assert.is(body.error.requestId, answer.headers.get('x-request-id'));
      assert.not.ok(String(body.error.message).includes(wanted.message), 'the user’s message stays inside');
    }
  }),
);

test(
  'the cause has name, message, own fields, code, causes and the user’s own line',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'e', () => {
      class OutOfStock extends Error {
        override readonly name = 'OutOfStock';
        readonly code = 'E_STOCK';
        readonly items = [{ id: 1 }, { id: 2 }];
        readonly handler = () => 1;
      }
      throw new OutOfStock('none left', { cause: new RangeError('inner', { cause: 'innermost' }) });
    });
    const error = await fails(handle.remote(), 'BACKEND_ERROR', 'OutOfStock', 'none left');
    const cause = error.cause as Error & Record<string, unknown>;
    assert.equal(
      [cause.name, cause.message, cause.code, cause.items],
      ['OutOfStock', 'none left', 'E_STOCK', [{ id: 1 }, { id: 2 }]],
    );
    assert.match(String(cause.stack), /OutOfStock: none left\n.*errors\.test\.[jt]s:\d+/s);
    assert.not.ok('handler' in cause);
    const inner = cause.cause as Error;
    assert.instance(inner, RangeError);
    assert.is(inner.message, 'inner');
    assert.match((inner.cause as Error).message, /innermost/);
  }),
);

test(
  'an error that fights back still arrives: throwing getters, a proxy, cyclic causes',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'e', (request) => {
      if (request.data === 'getter') {
        throw Object.defineProperty(new Error('x'), 'message', {
          get() {
            throw new Error('gotcha');
          },
        });
      }
      if (request.data === 'proxy') {
        throw new Proxy(
          {},
          {
            get() {
              throw new Error('no');
            },
            ownKeys() {
              throw new Error('no');
            },
            getPrototypeOf() {
              throw new Error('no');
            },
          },
        );
      }
      const cyclic: Error = new Error('cyclic');
      cyclic.cause = cyclic;
      throw Object.assign(cyclic, JSON.parse('{"__proto__":{"polluted":1}}'));
    });
    for (const kind of ['getter', 'proxy', 'cycle']) await fails(handle.remote(kind), 'BACKEND_ERROR');
    assert.is(({} as { polluted?: unknown }).polluted, undefined);
    assert.is((await client.status()).replicas[0]?.restarts, 0);
  }),
);

test(
  'a code of the toolkit that a composed call fails with keeps its code all the way',
  withInstance(async (client, url) => {
    await handleOf(client, 'leaf', () => {
      throw new TypeError('leaf failed');
    });
    const middle = await handleOf(client, 'middle', async () =>
      (await (await serve.connect()).getHandle('leaf')).remote(),
    );
    const error = await fails(middle.remote(), 'BACKEND_ERROR', "'leaf'", 'leaf failed');
    assert.instance(error.cause, TypeError);
    assert.is((await fetch(`${url}/middle`)).status, 500);
    const missing = await handleOf(client, 'missing', async () => (await serve.connect()).getHandle('nowhere'));
    await fails(missing.remote(), 'ENDPOINT_NOT_FOUND', "'nowhere'");
  }),
);

test(
  'a user’s own error with one of our codes is still a backend’s failure',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'fake', () => {
      throw Object.assign(new Error('mine'), { code: 'QUEUE_FULL' });
    });
    const error = await fails(handle.remote(), 'BACKEND_ERROR');
    assert.is((error.cause as { code?: unknown }).code, 'QUEUE_FULL');
    assert.is((await fetch(`${url}/fake`)).status, 500);
  }),
);

test(
  'with debugErrors a 500 shows the user’s message and stack',
  withInstance(
    async (client, url) => {
      await handleOf(client, 'e', () => {
        throw new TypeError('visible');
      });
      const { error } = (await (await fetch(`${url}/e`)).json()) as { error: Record<string, string> };
      assert.is(error.code, 'BACKEND_ERROR');
      assert.is(error.message, 'visible');
      assert.match(String(error.stack), /TypeError: visible\n.*errors\.test\.[jt]s:\d+/s);
    },
    { http: { debugErrors: true } },
  ),
);

test(
  'every error answer of the proxy has the one body, and its request id',
  withInstance(async (client, url) => {
    await client.createBackend('b', () => 1);
    await client.createEndpoint('b', { backend: 'b', route: '/b/{id:int}' });
    const cases: [string, RequestInit, number, string][] = [
      ['/nope', {}, 404, 'ROUTE_NOT_FOUND'],
      ['/b/x', {}, 404, 'ROUTE_NOT_FOUND'],
      ['/b/1/', {}, 404, 'ROUTE_NOT_FOUND'],
      ['/b/1', { method: 'POST' }, 405, 'METHOD_NOT_ALLOWED'],
      ['/b/1', { headers: { 'X-SERVE-CALL-METHOD': 'nope' } }, 404, 'METHOD_NOT_FOUND'],
    ];
    for (const [path, init, status, code] of cases) {
      const answer = await fetch(url + path, { ...init, headers: { ...init.headers, 'X-Request-Id': 'mine:1' } });
      const { error } = (await answer.json()) as { error: Record<string, string> };
      assert.equal([answer.status, error.code, error.requestId], [status, code, 'mine:1'], path);
      assert.equal(Object.keys(error).sort(), ['code', 'message', 'requestId']);
      assert.is(answer.headers.get('x-request-id'), 'mine:1');
      if (status === 405) assert.equal((answer.headers.get('allow') ?? '').split(/, */).sort(), ['GET', 'HEAD']);
    }
    for (const bad of ['', 'a b', 'x'.repeat(129), 'a/b']) {
      const id = (await fetch(`${url}/b/1`, { headers: { 'X-Request-Id': bad } })).headers.get('x-request-id');
      assert.match(String(id), /^[A-Za-z0-9._:-]{1,128}$/);
      assert.is.not(id, bad);
    }
  }),
);

test.run();
