import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from './support/instance.ts';

const test = suite('start and connect');

test(
  'two instances by name live in one process and know nothing of each other',
  withInstance(
    async (one) => {
      const two = await serve.start({ name: 'two', http: { port: 0 } });
      try {
        await handleOf(one, 'x', () => 'one');
        await handleOf(two, 'x', () => 'two');
        assert.is.not(one.http?.url, two.http?.url);
        for (const [name, client] of [
          ['one', one],
          ['two', two],
        ] as const) {
          assert.is(await (await fetch(`${client.http?.url}/x`)).text(), name);
          assert.is(await (await (await serve.connect({ name })).getHandle('x')).remote(), name);
          assert.is((await client.status()).instance.name, name);
        }
      } finally {
        await two.shutdown();
      }
      await fails(serve.connect({ name: 'two' }), 'INSTANCE_NOT_FOUND', "'two'", '`servelab start --name two`');
      assert.is((await one.status()).instance.name, 'one');
    },
    { name: 'one' },
  ),
);

test('the default name is default, for start and for connect', async () => {
  await fails(serve.connect(), 'INSTANCE_NOT_FOUND', "'default'", '`servelab start`', 'serve.start()');
  const client = await serve.start({ http: null });
  try {
    assert.is(client.http, null);
    const { instance } = await (await serve.connect()).status();
    assert.equal([instance.name, instance.httpUrl], ['default', null]);
    await fails(serve.start(), 'INSTANCE_EXISTS', "'default'", 'serve.connect');
  } finally {
    await client.shutdown();
  }
});

test(
  'a name that runs is INSTANCE_EXISTS, also when both start at once; after a shutdown it is free',
  withInstance(
    async (client) => {
      await fails(
        serve.start({ name: 'mine', http: null }),
        'INSTANCE_EXISTS',
        "'mine'",
        "serve.connect({ name: 'mine' })",
      );
      const both = await Promise.allSettled([
        serve.start({ name: 'b', http: { port: 0 } }),
        serve.start({ name: 'b', http: null }),
      ]);
      assert.equal(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      for (const one of both) {
        if (one.status === 'fulfilled') await one.value.shutdown();
        else assert.is(one.reason.code, 'INSTANCE_EXISTS');
      }
      await client.shutdown();
      await (await serve.start({ name: 'mine', http: null })).shutdown();
    },
    { name: 'mine' },
  ),
);

test('a port that is taken is PORT_IN_USE by a stranger or another instance, and nothing is left half-started', async () => {
  const stranger = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => stranger.once('listening', resolve));
  const { port } = stranger.address() as AddressInfo;
  await fails(serve.start({ name: 'p', http: { port } }), 'PORT_IN_USE', String(port), '127.0.0.1');
  await fails(serve.connect({ name: 'p' }), 'INSTANCE_NOT_FOUND');
  await new Promise((resolve) => stranger.close(resolve));
  const client = await serve.start({ name: 'p', http: { port } });
  assert.is(client.http?.url, `http://127.0.0.1:${port}`);
  await fails(serve.start({ name: 'q', http: { port } }), 'PORT_IN_USE', String(port));
  await fails(serve.connect({ name: 'q' }), 'INSTANCE_NOT_FOUND');
  await client.shutdown();
});

test('a host that cannot be listened on is LISTEN_FAILED', async () => {
  await fails(serve.start({ name: 'h', http: { host: '203.0.113.1', port: 0 } }), 'LISTEN_FAILED', '203.0.113.1');
  await fails(serve.connect({ name: 'h' }), 'INSTANCE_NOT_FOUND');
});

test('what start and connect cannot mean is refused with the nearest known name', async () => {
  const cases: [unknown, ...string[]][] = [
    [{ nam: 'x' }, "did you mean 'name'?"],
    [{ name: 'a:b' }, 'instance name', "'a:b'"],
    [{ name: '' }, 'instance name'],
    [{ http: { prot: 1 } }, "did you mean 'port'?"],
    [{ http: { port: 70_000 } }, 'http.port', '65535', '70000'],
    [{ http: { port: '8000' } }, 'http.port', "'8000'"],
    [{ http: { location: 'Everywhere' } }, 'http.location', "'NoServer'"],
    [{ http: { middlewares: [1] } }, 'http.middlewares[0]'],
    [{ http: { debugErrors: 'yes' } }, 'http.debugErrors', 'true or false'],
    [{ http: { requestTimeoutMs: 0 } }, 'http.requestTimeoutMs'],
    [{ cluster: { nodes: 2 } }, 'not available in this version'],
    [{ host: 'thread' }, "'inline' or 'process'"],
    [{ detached: 'yes' }, 'detached', 'true or false'],
    [{ detached: true, host: 'inline' }, "host is 'inline'", 'leave host out'],
    [null, 'plain object', 'null'],
    ['mine', 'plain object', "'mine'"],
  ];
  for (const [given, ...parts] of cases)
    await fails(serve.start(given as serve.StartGiven), 'INVALID_ARGUMENT', ...parts);
  await fails(serve.connect({ nam: 'x' } as never), 'INVALID_ARGUMENT', "did you mean 'name'?");
  await fails(serve.connect('x' as never), 'INVALID_ARGUMENT', 'plain object');
  await fails(serve.connect({ name: 5 } as never), 'INVALID_ARGUMENT', 'instance name', '5');
  await fails(serve.connect(), 'INSTANCE_NOT_FOUND');
});

test('without a server there is no url, by location or by null', async () => {
  for (const http of [null, { location: null }, { location: 'NoServer' }] as const) {
    const client = await serve.start({ name: 'n', http });
    assert.is(client.http, null);
    assert.is(await (await handleOf(client, 'x', () => 1)).remote(), 1);
    await client.shutdown();
  }
});

test(
  'every converter of a route gives its value, exact beats pattern, and the first pattern wins',
  withInstance(async (client, url) => {
    await client.createBackend('show', (request) => [serve.getCurrentBackendTag(), request.pathParams]);
    await client.createBackend('exact', () => 'exact');
    const routes = {
      int: '/i/{n:int}',
      float: '/f/{x:float}',
      rest: '/p/{rest:path}',
      key: '/u/{key:uuid}',
      name: '/n/{name}',
      any: '/i/{any}',
    };
    for (const [name, route] of Object.entries(routes)) await client.createEndpoint(name, { backend: 'show', route });
    await client.createEndpoint('exact', { backend: 'exact', route: '/i/7' });
    const params = async (path: string) => ((await (await fetch(url + path)).json()) as [string, unknown])[1];
    assert.equal(await params('/i/42'), { n: 42 });
    assert.equal(await params('/i/4x'), { any: '4x' });
    assert.equal(await params('/f/2.5'), { x: 2.5 });
    assert.equal(await params('/p/a/b%20c/d'), { rest: 'a/b c/d' });
    const uuid = '123e4567-e89b-12d3-a456-426614174000';
    assert.equal(await params(`/u/${uuid}`), { key: uuid });
    assert.equal(await params('/n/%C3%A4'), { name: 'ä' });
    assert.is(await (await fetch(`${url}/i/7`)).text(), 'exact');
    for (const path of ['/f/x', '/u/1', '/n/', '/n/a/b', '/N/a', '/i/7/'])
      assert.is((await fetch(url + path)).status, 404, path);
    const listed = (await (await fetch(`${url}/-/routes`)).json()) as object;
    assert.equal(
      listed,
      Object.fromEntries(
        [...Object.entries(routes), ['exact', '/i/7']].map(([name, route]) => [route, [name, ['GET']]]),
      ),
    );
    assert.is((await fetch(`${url}/-/healthz`)).status, 200);
  }),
);

test.run();
