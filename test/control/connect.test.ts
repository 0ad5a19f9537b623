import { once } from 'node:events';
import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, until } from '../support/instance.ts';
import { type Owner, withOwner } from '../support/owner.ts';

const test = suite('an instance in another process');

/** A test with a client of it. */
const connected = (run: (client: serve.Client, owner: Owner) => Promise<void>): (() => Promise<void>) =>
  withOwner(async (owner) => {
    const client = await serve.connect({ name: owner.name });
    try {
      await run(client, owner);
    } finally {
      await client.close();
    }
  });

const stateOf = (owner: Owner): string => join(process.env.XDG_STATE_HOME ?? '', 'servelab', owner.name);

test(
  'has the same controls, status and url',
  connected(async (client, owner) => {
    assert.is(client.http?.url, owner.url);
    assert.equal(Object.keys(await client.listEndpoints()), ['echo', 'fails', 'count', 'large', 'waits']);
    const { instance, replicas } = await client.status();
    assert.equal([instance.name, instance.pid], [owner.name, owner.process.pid]);
    assert.is(replicas.length, 5);
    await client.setTraffic('echo', { echo: 0.5, count: 0.5 });
    assert.equal((await client.listEndpoints()).echo?.traffic, { echo: 0.5, count: 0.5 });
    await fails(client.setTraffic('echo', { echo: 2 }), 'INVALID_TRAFFIC');
    await fails(client.getBackendConfig('ehco'), 'BACKEND_NOT_FOUND', 'echo');
    await fails(client.getHandle('nope'), 'ENDPOINT_NOT_FOUND');
  }),
);

test(
  'answers handles with the same values',
  connected(async (client) => {
    const handle = await client.getHandle('echo');
    const value = { map: new Map([[1, [new Date(5)]]]), bytes: new Uint8Array([1, 2]), big: 10n, none: undefined };
    assert.equal(await handle.remote(value), value);
    assert.equal(await Promise.all([1, 2, 3].map((n) => handle.remote(n))), [1, 2, 3]);
  }),
);

test(
  'rejects handles with the same errors',
  connected(async (client) => {
    const failed = await fails((await client.getHandle('fails')).remote(), 'BACKEND_ERROR', 'out of reach');
    const cause = failed.cause as Error & { limit: number };
    assert.equal([cause.name, cause.message, cause.limit], ['RangeError', 'out of reach', 7]);
    const gone = await client.getHandle('gone', { missingOk: true });
    await fails(gone.remote(), 'ENDPOINT_NOT_FOUND');
    const waits = (await client.getHandle('waits')).options({ timeoutMs: 30 });
    await fails(waits.remote(), 'TIMEOUT');
  }),
);

test(
  'streams its answers, as far as they are read',
  connected(async (client) => {
    const handle = await client.getHandle('count');
    const numbers: unknown[] = [];
    for await (const n of (await handle.remote(1000)) as ReadableStream<number>) numbers.push(n);
    assert.equal(numbers, [...Array(1000).keys()]);
    const endless = (await handle.remote(Number.POSITIVE_INFINITY)) as ReadableStream<number>;
    const reader = endless.getReader();
    assert.equal(await reader.read(), { done: false, value: 0 });
    await reader.cancel();
    await until(
      async () => (await client.status()).replicas.every(({ ongoing }) => ongoing === 0),
      'no query under way',
    );
  }),
);

test(
  'hears of cancellation',
  connected(async (client) => {
    const handle = await client.getHandle('waits');
    const ref = handle.remote();
    await until(async () => (await client.status()).replicas.some(({ ongoing }) => ongoing === 1), 'it has begun');
    ref.cancel();
    await fails(ref, 'CANCELLED');
    const aborted = handle.options({ methodName: 'aborted' });
    await until(async () => (await aborted.remote()) === 1, 'the replica was told');
  }),
);

test(
  'takes functions with what they reach from here',
  connected(async (client) => {
    await client.createBackend('here', (request: serve.ServeRequest) => ({ doubled: request.data * 2 }));
    await client.createEndpoint('here', { backend: 'here' });
    assert.equal(await (await client.getHandle('here')).remote(21), { doubled: 42 });
  }),
);

test(
  'answers a handle that blocks',
  connected(async (client) => {
    const handle = await client.getHandle('echo', { sync: true });
    assert.is(handle.remote('at once').get(), 'at once');
    const failing = await client.getHandle('fails', { sync: true });
    await fails(() => failing.remote().get(), 'BACKEND_ERROR', 'out of reach');
  }),
);

test(
  'is watched, the newest snapshot only',
  connected(async (client) => {
    const watch = client.watch();
    await watch.next();
    for (let n = 1; n <= 20; n++) await client.setTraffic('echo', { echo: 1 - n / 100, count: n / 100 });
    const next = await watch.next();
    assert.is(next.value.endpoints.echo.traffic.count, 0.2);
    await watch.return?.();
  }),
);

test(
  'goes on when a client has let go',
  connected(async (client, owner) => {
    const other = await serve.connect({ name: owner.name });
    await other.close();
    await fails(other.status(), 'CLIENT_CLOSED');
    assert.is((await client.status()).instance.name, owner.name);
  }),
);

test(
  'is shut down from here, and leaves nothing',
  connected(async (client, owner) => {
    assert.ok(existsSync(stateOf(owner)));
    await client.shutdown();
    await client.shutdown();
    assert.not(existsSync(stateOf(owner)));
    await fails(client.status(), 'CLIENT_CLOSED');
    await fails(serve.connect({ name: owner.name }), 'INSTANCE_NOT_FOUND', `servelab start --name ${owner.name}`);
  }),
);

test(
  'is told of by who asks after it was killed',
  connected(async (client, owner) => {
    const handle = await client.getHandle('waits');
    const waiting = handle.remote();
    await until(async () => (await client.status()).replicas.some(({ ongoing }) => ongoing === 1), 'it has begun');
    const watch = client.watch();
    await watch.next();
    const failed = Promise.all([
      fails(waiting, 'REPLICA_DIED', 'the instance is gone'),
      fails(watch.next(), 'INSTANCE_NOT_FOUND', String(owner.process.pid)),
    ]);
    owner.process.kill('SIGKILL');
    await owner.ended;
    await failed;
    await fails(client.status(), 'INSTANCE_NOT_FOUND');
    await fails(handle.remote(), 'INSTANCE_NOT_FOUND');
  }),
);

test(
  'keeps its name from others, until it has ended in whatever way',
  withOwner(async (owner) => {
    await fails(
      serve.start({ name: owner.name, http: null }),
      'INSTANCE_EXISTS',
      `process ${owner.process.pid}`,
      'connect',
    );
    owner.process.kill('SIGKILL');
    await owner.ended;
    const client = await serve.start({ name: owner.name, http: null });
    assert.is((await client.status()).instance.pid, process.pid);
    await client.shutdown();
  }),
);

test(
  'has a socket for its owner alone',
  withOwner(async (owner) => {
    const socket = join(stateOf(owner), 'control.sock');
    const modes = [socket, stateOf(owner), dirname(stateOf(owner))].map((path) => lstatSync(path).mode & 0o777);
    assert.equal(modes, [0o600, 0o700, 0o700]);
  }),
);

test(
  'does not keep a process alive that has let go or is idle',
  withOwner(async (owner) => {
    const { fork } = await import('node:child_process');
    const program = new URL('../../../test/fixtures/control/visitor.ts', import.meta.url);
    const visitor = fork(program, [owner.name], { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'pipe' });
    const [said] = await once(visitor, 'message');
    assert.equal(said, 'seen');
    const [exit] = await once(visitor, 'exit');
    assert.is(exit, 0);
  }),
);

test.run();
