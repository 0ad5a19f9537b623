/** Rows 74 and 75: a detached instance outlives whoever started it, comes back however it ended, and goes when it is told. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Detached, withDetached } from '../support/detached.ts';
import { fails, until } from '../support/instance.ts';
import { isAlive, liveProcesses } from '../support/processes.ts';

const test = suite('detached instances');

const MODEL = new URL('../../../test/fixtures/control/model.ts', import.meta.url).href;
const ANY_PORT = { http: { port: 0 } };

/** One of everything. */
async function furnish(client: serve.Client): Promise<void> {
  const greeting = 'hello';
  await client.createBackend('shipped', (request) => `${greeting} ${request.queryParams.get('name')}`, {
    config: { numReplicas: 2, maxQueuedQueries: 7, requestTimeoutMs: 5000 },
  });
  await client.createBackend('named', serve.imported(MODEL, 'Model', [3]), {
    config: { userConfig: { cut: 0.5, tags: new Map([['a', 1]]) } },
    actorOptions: { isolation: 'process', envVars: { FLAVOUR: 'plum' } },
  });
  await client.createBackend('third', () => 'third');
  await client.createEndpoint('greet', { backend: 'shipped', route: '/greet/{who}', methods: ['GET', 'POST'] });
  await client.createEndpoint('model', { backend: 'named', idempotent: true });
  await client.setTraffic('greet', { shipped: 0.75, third: 0.25 });
  await client.shadowTraffic('greet', 'third', 0.5);
  await client.updateBackend('third', () => 'the third, anew');
}

/** What a user sees of it, besides times and processes. */
async function seen(client: serve.Client): Promise<unknown> {
  const [backends, endpoints, history, handle, { instance }] = await Promise.all([
    client.listBackends(),
    client.listEndpoints(),
    client.history(),
    client.getHandle('model'),
    client.status(),
  ]);
  const { name, host, detached, revision, httpUrl } = instance;
  const answers = new Set<string>();
  // Weights of 0.75 and 0.25: both are met in so many, but for once in 10^12.
  for (let i = 0; i < 100; i++) answers.add(await (await fetch(`${httpUrl}/greet/x?name=Ada`)).text());
  const named = await handle.remote({ n: 1 });
  return { backends, endpoints, history, named, answers, instance: { name, host, detached, revision, httpUrl } };
}

const closed = (server: Server): Promise<unknown> => once(server.close(), 'close');

const pidOf = async (client: serve.Client): Promise<number> => (await client.status()).instance.pid;

/** Everything is as it was, and nothing of the life before is left. */
async function requireAsBefore(instance: Detached, client: serve.Client, before: unknown): Promise<void> {
  assert.equal(await seen(client), before);
  const { replicas, instance: own } = await client.status();
  assert.equal(replicas.map(({ tag, state }) => `${tag} ${state}`).sort(), [
    'named#1 RUNNING',
    'shipped#1 RUNNING',
    'shipped#2 RUNNING',
    'third#1 RUNNING',
  ]);
  const expected = new Set([own.pid, ...replicas.map(({ pid }) => pid)]);
  const others = instance.processes.filter(({ pid }) => !expected.has(pid));
  assert.is(others.length, 1, `besides these only its supervisor runs: ${others.map(({ pid }) => pid)}`);
}

test(
  'without HTTP, without a backend, with nobody connected: it goes on',
  withDetached(async (instance) => {
    const first = await instance.start({ http: null });
    const pid = await pidOf(first);
    await first.close();
    for (let time = 0; time < 10; time++) {
      const client = await instance.connect();
      assert.is(await pidOf(client), pid);
      await client.close();
    }
    await (await instance.connect()).shutdown();
    await until(() => !isAlive(pid), 'it to end when it is told');
  }),
);

test(
  'killed, it is back by itself with everything it had, at the same address',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    await furnish(client);
    const before = await seen(client);
    for (let kill = 1; kill <= 3; kill++) {
      const pid = await pidOf(await instance.connect());
      await instance.kill(pid);
      const again = await instance.connectAgain(pid);
      await until(async () => (await again.status()).replicas.every(({ state }) => state === 'RUNNING'), 'all to run');
      await requireAsBefore(instance, again, before);
    }
    assert.match(instance.log, /ended with SIGKILL; it is started again/);
    await (await instance.connect()).createBackend('after', () => 'after');
  }),
);

test(
  'killed together with its supervisor, it comes back when it is started again, as it was started before',
  withDetached(async (instance) => {
    const client = await instance.start({
      http: { port: 0, maxBodyBytes: 1000, middlewares: [(ctx, next) => next().then(() => ctx.set('x-mine', 'yes'))] },
      resources: { cpus: 8, gpus: 0 },
    });
    await furnish(client);
    const before = await seen(client);
    await instance.killAll();
    await fails(serve.connect({ name: instance.name }), 'INSTANCE_NOT_FOUND', `servelab start --name ${instance.name}`);
    const again = await instance.start();
    await requireAsBefore(instance, again, before);
    const url = `${again.http?.url}/greet/x`;
    assert.is((await fetch(url)).headers.get('x-mine'), 'yes');
    assert.is((await fetch(url, { method: 'POST', body: 'x'.repeat(1001) })).status, 413);
    assert.is((await again.status()).nodes[0]?.cpus.total, 8);
  }),
);

test(
  'what is given when it is started again counts, and the rest is as before',
  withDetached(async (instance) => {
    const client = await instance.start({ http: { port: 0, maxBodyBytes: 1000 }, resources: { cpus: 8 } });
    await client.createBackend('v1', () => 1);
    const { url } = client.http ?? {};
    await instance.killAll();
    const again = await instance.start({ http: { maxBodyBytes: 10, debugErrors: true } });
    assert.is(again.http?.url, url);
    await again.createEndpoint('v1', { backend: 'v1', route: '/v1', methods: ['POST'] });
    assert.is((await fetch(`${url}/v1`, { method: 'POST', body: 'x'.repeat(11) })).status, 413);
    await instance.killAll();
    const third = await instance.start({ http: null, resources: { cpus: 2 } });
    assert.is(third.http, null);
    assert.is((await third.status()).nodes[0]?.cpus.total, 2);
    assert.is(await (await third.getHandle('v1')).remote(), 1);
  }),
);

test(
  'when its port was any and is taken meanwhile, it gets another',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    const port = Number(new URL(client.http?.url ?? '').port);
    await instance.killAll();
    const squatter = createServer().listen(port, '127.0.0.1');
    try {
      const again = await instance.start();
      assert.is.not(again.http?.url, client.http?.url);
      assert.is((await fetch(`${again.http?.url}/-/healthz`)).status, 200);
    } finally {
      squatter.close();
    }
  }),
);

test(
  'when it comes back at another port, its clients say which, from the next call on',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    const before = client.http?.url;
    const pid = await pidOf(client);
    const supervisor = instance.processes.find((one) => one.pid === pid)?.parent ?? 0;
    process.kill(supervisor, 'SIGSTOP'); // until the port is somebody else's
    await instance.kill(pid);
    const squatter = createServer().listen(Number(new URL(before ?? '').port), '127.0.0.1');
    await once(squatter, 'listening');
    try {
      process.kill(supervisor, 'SIGCONT');
      const { httpUrl } = (await client.status()).instance;
      assert.is.not(httpUrl, before);
      assert.is(client.http?.url, httpUrl);
      assert.is((await fetch(`${client.http?.url}/-/healthz`)).status, 200);
    } finally {
      await closed(squatter);
    }
  }),
);

test(
  'when its port was named and is taken meanwhile, it does not start, and keeps everything for when it can',
  withDetached(async (instance) => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    await closed(squatter);
    const client = await instance.start({ http: { port } });
    await furnish(client);
    const before = await seen(client);
    await instance.killAll();
    await once(squatter.listen(port, '127.0.0.1'), 'listening');
    try {
      await fails(instance.start(), 'PORT_IN_USE', `${port}`);
      await fails(serve.start({ name: instance.name, http: { port } }), 'PORT_IN_USE');
      await until(() => instance.processes.length === 0, 'nothing of it to run');
    } finally {
      await closed(squatter);
    }
    await requireAsBefore(instance, await instance.start(), before);
  }),
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(
    `${signal} ends it in good order, supervisor and all; what it has is kept`,
    withDetached(async (instance) => {
      const client = await instance.start(ANY_PORT);
      await furnish(client);
      const before = await seen(client);
      await instance.kill(await pidOf(client), signal);
      await until(() => instance.processes.length === 0, 'all of it to end');
      await requireAsBefore(instance, await instance.start(), before);
    }),
  );
}

test(
  'told to end, its supervisor ends it, and does not start it again',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    await client.createBackend('v1', () => 1);
    const pid = await pidOf(client);
    const supervisor = instance.processes.find((one) => one.pid !== pid && one.parent !== pid)?.pid ?? 0;
    process.kill(supervisor, 'SIGTERM');
    await until(() => instance.processes.length === 0, 'all of it to end');
    assert.equal(Object.keys(await (await instance.start()).listBackends()), ['v1']);
  }),
);

test(
  'shutdown() deletes what it has, and the next of that name is a new one',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    await furnish(client);
    await client.shutdown();
    await until(() => instance.processes.length === 0, 'all of it to end');
    assert.not.ok(existsSync(instance.directory));
    const next = await instance.start({ http: null });
    assert.equal([await next.listBackends(), await next.history()], [{}, []]);
  }),
);

test(
  'without restart, it stays where it was killed until it is started',
  withDetached(async (instance) => {
    const client = await instance.start({ ...ANY_PORT, restart: false });
    await client.createBackend('v1', () => 1);
    const pid = await pidOf(client);
    assert.equal(
      instance.processes.map((one) => one.pid),
      [pid],
    );
    await instance.kill(pid);
    await until(() => instance.processes.length === 0, 'nothing of it to be left');
    await fails(serve.connect({ name: instance.name }), 'INSTANCE_NOT_FOUND');
    assert.equal(Object.keys(await (await instance.start()).listBackends()), ['v1']);
  }),
);

test(
  'an instance that is not detached may have its name meanwhile, and takes nothing from it',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    await client.createBackend('v1', () => 1);
    await instance.killAll();
    const inline = await serve.start({ name: instance.name, http: null });
    assert.equal(await inline.listBackends(), {});
    await inline.createBackend('other', () => 2);
    await inline.shutdown();
    assert.equal(Object.keys(await (await instance.start()).listBackends()), ['v1']);
  }),
);

test(
  'what replicas have started, and what got away from them, is gone when it is back',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    await client.createBackend(
      'breeds',
      class {
        async call(): Promise<number> {
          const { spawn } = await import('node:child_process');
          const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
          child.unref();
          return child.pid ?? 0;
        }
      },
      { actorOptions: { isolation: 'process' } },
    );
    await client.createEndpoint('breeds', { backend: 'breeds' });
    const child = (await (await client.getHandle('breeds')).remote()) as number;
    assert.ok(isAlive(child));
    const pid = await pidOf(client);
    await instance.kill(pid);
    await instance.connectAgain(pid);
    assert.not.ok(isAlive(child));
  }),
);

test(
  'one backend that cannot start any more keeps no other from serving, and says why',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    const gate = `${instance.directory}-gate`;
    await client.createBackend(
      'fragile',
      class {
        async call() {
          return 'fragile';
        }
        constructor(path: string) {
          const { existsSync: there } = process.getBuiltinModule('node:fs');
          if (there(path)) throw new Error('its weights are gone');
        }
      },
      { initArgs: [gate] },
    );
    await client.createBackend('steady', () => 'steady');
    for (const backend of ['fragile', 'steady']) await client.createEndpoint(backend, { backend });
    mkdirSync(gate);
    try {
      const pid = await pidOf(client);
      await instance.kill(pid);
      const again = await instance.connectAgain(pid);
      assert.is(await (await again.getHandle('steady')).remote(), 'steady');
      const reasons = async () => (await again.status()).backends.fragile?.replicas.pending ?? [];
      await until(async () => (await reasons()).some(({ reason }) => reason.includes('its weights are gone')), 'why');
      rmSync(gate, { recursive: true });
      assert.is(await (await again.getHandle('fragile')).remote(), 'fragile');
    } finally {
      if (existsSync(gate)) rmSync(gate, { recursive: true });
    }
  }),
);

test(
  'its directory has what its owner alone may read',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    await furnish(client);
    const { statSync } = process.getBuiltinModule('node:fs');
    const files = readdirSync(instance.directory, { recursive: true, withFileTypes: true });
    assert.ok(files.length >= 5);
    for (const file of files) {
      const { mode } = statSync(`${file.parentPath}/${file.name}`);
      assert.is(mode & 0o077, 0, `${file.name} has mode ${mode.toString(8)}`);
    }
    assert.ok(liveProcesses().length > 0);
  }),
);

test.run();
