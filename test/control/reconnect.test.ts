import { rmSync } from 'node:fs';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ControlServer } from '../../lib/control/control-server.ts';
import { writeHolder } from '../../lib/control/holder.ts';
import { makeStateDirectory, removeStateDirectory } from '../../lib/control/state-directory.ts';
import { lockFile } from '../../lib/store/directory-lock.ts';
import { withDetached } from '../support/detached.ts';
import { codeOf, fails, failureOf, until } from '../support/instance.ts';
import { startOwner, withOwner } from '../support/owner.ts';
import { isAlive, processOf } from '../support/processes.ts';

const test = suite('an instance that goes and comes');

const KILLS = Number(process.env.SERVELAB_KILLS ?? 3);

let started = 0;
const newName = (): string => `gone-and-back-${++started}`;

/** A detached instance with an endpoint `echo` and one, `waits`, that never answers; it ends with the test. */
function detached(run: (client: serve.Client, name: string) => Promise<void>): () => Promise<void> {
  return withDetached(async (instance) => {
    const client = await instance.start({ http: { port: 0 } });
    await equip(client);
    await run(client, instance.name);
  });
}

async function equip(client: serve.Client): Promise<void> {
  const targets: Record<string, serve.BackendTarget> = {
    echo: (request: serve.ServeRequest) => request.data,
    waits: () => new Promise(() => {}),
    endless: async function* () {
      for (let n = 0; ; n++) yield n;
    },
  };
  for (const [name, target] of Object.entries(targets)) {
    await client.createBackend(name, target);
    await client.createEndpoint(name, { backend: name });
  }
}

async function pidOf(client: serve.Client): Promise<number> {
  return (await client.status()).instance.pid;
}

async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid), 'it to be gone');
}

test(
  'killed, it fails what it was doing, and the next call finds it back',
  detached(async (client) => {
    const echo = await client.getHandle('echo');
    const stream = (await (await client.getHandle('endless')).remote()) as ReadableStream<number>;
    const reader = stream.getReader();
    assert.equal(await reader.read(), { done: false, value: 0 });
    const waits = await client.getHandle('waits');
    const waiting = waits.remote();
    const creating = client.createBackend(
      'slow',
      class {
        constructor() {
          for (;;);
        }
      },
    );
    await until(async () => {
      const { replicas } = await client.status();
      return (
        replicas.some(({ backend, ongoing }) => backend === 'waits' && ongoing === 1) &&
        replicas.some(({ backend }) => backend === 'slow')
      );
    }, 'both to be under way');
    const failures = Promise.all([
      fails(waiting, 'REPLICA_DIED', 'the instance is gone'),
      fails(creating, 'INSTANCE_NOT_FOUND', 'may have happened or not'),
      fails(readOut(reader), 'REPLICA_DIED'),
    ]);
    const pid = await pidOf(client);
    await kill(pid);
    await failures;
    assert.is.not(await pidOf(client), pid);
    assert.is(await echo.remote('again'), 'again');
    await client.setTraffic('echo', { echo: 1 });
  }),
);

async function readOut(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  for (;;) if ((await reader.read()).done) return;
}

test(
  'while it is away questions, watches and new queries wait for it',
  detached(async (client) => {
    const echo = await client.getHandle('echo');
    const watch = client.watch();
    const pid = await pidOf(client);
    assert.is((await watch.next()).value.instance.pid, pid);
    const asked = client.listBackends();
    await asked;
    const changed = watch.next();
    await kill(pid);
    const [status, query] = [client.status(), echo.remote('sent while it was away')];
    assert.is.not((await status).instance.pid, pid);
    assert.is.not((await changed).value.instance.pid, pid);
    assert.is(await query, 'sent while it was away');
    for (let n = 1; n <= 5; n++) await client.setTraffic('echo', { echo: 1 - n / 10, waits: n / 10 });
    const last = await watch.next();
    assert.is(last.value.endpoints.echo.traffic.waits, 0.5);
    await watch.return?.();
  }),
);

test(
  'a handle that blocks finds it back, too',
  detached(async (client) => {
    const echo = await client.getHandle('echo', { sync: true });
    assert.is(echo.remote('before').get(), 'before');
    const pid = await pidOf(client);
    await kill(pid);
    assert.is.not(await pidOf(client), pid, 'it is back');
    // The first to notice may be told that the old one is gone.
    const first = await failureOrValue(() => echo.remote('after').get());
    assert.ok(first === 'after' || codeOf(first) === 'REPLICA_DIED', String(first));
    assert.is(echo.remote('later').get(), 'later');
  }),
);

async function failureOrValue(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

test(
  'who stops waiting for it is let go',
  detached(async (client) => {
    const echo = await client.getHandle('echo');
    const pid = await pidOf(client);
    const supervisor = processOf(pid)?.parent ?? 0;
    process.kill(supervisor, 'SIGSTOP'); // it stays away
    try {
      await kill(pid);
      const hurried = echo.options({ timeoutMs: 1 }).remote();
      await fails(hurried, 'TIMEOUT', 'does not answer');
      const cancelled = echo.remote();
      cancelled.cancel();
      await fails(cancelled, 'CANCELLED');
      const waiting = [client.status(), echo.remote()].map((one) => failureOf(one));
      await client.close();
      assert.equal((await Promise.all(waiting)).map(codeOf), ['CLIENT_CLOSED', 'CLIENT_CLOSED']);
    } finally {
      process.kill(supervisor, 'SIGCONT');
    }
  }),
);

test(
  'shut down by another client, it is not waited for',
  detached(async (client, name) => {
    const watch = client.watch();
    await watch.next();
    const last = watch.next();
    const echo = await client.getHandle('echo');
    const sync = await client.getHandle('echo', { sync: true });
    const waiting = (await client.getHandle('waits')).remote();
    await until(async () => (await client.status()).replicas.some(({ ongoing }) => ongoing === 1), 'it to be started');
    const other = await serve.connect({ name });
    await other.shutdown();
    const startedAt = performance.now();
    // Until it notices that its connection has ended, the instance itself may answer.
    await until(async () => {
      const { code, message } = (await failureOf(client.status())) as serve.ServeError;
      assert.is(code, 'CLIENT_CLOSED', message);
      return message.includes(`servelab start --name ${name}`);
    }, 'the end to be noticed');
    await fails(client.setTraffic('echo', { echo: 1 }), 'CLIENT_CLOSED', 'has been shut down');
    await fails(waiting, 'REPLICA_DIED');
    // Until they notice that their connection has ended, its outcome is unknown.
    for (const ask of [() => echo.remote(), () => sync.remote().get()]) {
      await until(async () => codeOf(await failureOf(ask)) !== 'REPLICA_DIED', 'the end to be noticed');
      await fails(ask, 'CLIENT_CLOSED', 'has been shut down');
    }
    assert.equal(await last, { done: true, value: undefined });
    assert.equal(await client.watch().next(), { done: true, value: undefined });
    assert.ok(performance.now() - startedAt < 20_000);
  }),
);

test('one that ends with its owner is not waited for, and found when somebody starts it anew', async () => {
  const owner = await startOwner();
  const client = await serve.connect({ name: owner.name });
  const echo = await client.getHandle('echo');
  const sync = await client.getHandle('echo', { sync: true });
  const watch = client.watch();
  await watch.next();
  await owner.end();
  const { pid } = owner.process;
  await fails(client.setTraffic('echo', { echo: 1 }), 'INSTANCE_NOT_FOUND', 'ended without saying so');
  await fails(client.status(), 'INSTANCE_NOT_FOUND');
  await fails(echo.remote(), 'INSTANCE_NOT_FOUND');
  await fails(() => sync.remote().get(), 'INSTANCE_NOT_FOUND');
  const again = await serve.start({ name: owner.name, http: null });
  await again.createBackend('echo', (request: serve.ServeRequest) => request.data);
  await again.createEndpoint('echo', { backend: 'echo' });
  assert.is(await echo.remote('anew'), 'anew');
  assert.is.not(await pidOf(client), pid);
  assert.is((await watch.next()).value.instance.pid, process.pid);
  await client.close();
  await again.shutdown();
});

test('one that has its name and does not listen yet is waited for, until it listens or lets go', async () => {
  const name = newName();
  const directory = makeStateDirectory(name);
  const lock = lockFile(directory.lock, 0);
  writeHolder(directory.holder);
  const connecting = serve.connect({ name });
  const welcome = () => ({ instance: name, pid: process.pid, httpUrl: null, comesBack: false });
  const server = await ControlServer.listen(directory.socket, {
    version: '0.1.0',
    welcome,
    call: async () => ({ asked: true }),
    queries() {},
  });
  const client = await connecting;
  assert.equal(await client.status(), { asked: true });
  await client.close();
  await server.close();
  const again = failureOf(serve.connect({ name }));
  rmSync(directory.holder);
  assert.is(codeOf(await again), 'INSTANCE_NOT_FOUND');
  removeStateDirectory(directory);
  lock?.release();
});

test(
  'one that is stopped answers no deadline, which the caller keeps for it',
  withOwner(async (owner) => {
    const client = await serve.connect({ name: owner.name });
    const echo = (await client.getHandle('echo')).options({ timeoutMs: 10 });
    owner.process.kill('SIGSTOP');
    try {
      await fails(echo.remote(), 'TIMEOUT', 'the instance itself does not answer');
    } finally {
      owner.process.kill('SIGCONT');
    }
    assert.is(await echo.options({ timeoutMs: null }).remote('awake'), 'awake');
    await client.close();
  }),
);

test(
  'a reader of requests goes on with those of the instance that takes its place',
  detached(async (client) => {
    const echo = await client.getHandle('echo');
    const traces = client.traces({ endpoint: 'echo', follow: true });
    await echo.remote(1);
    assert.is((await traces.next()).value.number, 0);
    const next = traces.next();
    const pid = await pidOf(client);
    await kill(pid);
    // One that is sent before the loss is noticed fails.
    const isAnswered = (): Promise<boolean> =>
      echo.remote(2).then(
        () => true,
        () => false,
      );
    await until(isAnswered, 'the instance that takes its place to answer');
    assert.is((await next).value.number, 0, 'a router of its own counts anew');
    assert.is.not(await pidOf(client), pid);
    await traces.return?.();
  }),
);

const SETTLED = new Set(['REPLICA_DIED', 'INSTANCE_NOT_FOUND']);

test('killed at any moment, it leaves nobody without an answer', async () => {
  for (let round = 0; round < KILLS; round++) {
    const owner = await startOwner();
    const client = await serve.connect({ name: owner.name });
    const echo = await client.getHandle('echo');
    const waits = await client.getHandle('waits');
    const count = await client.getHandle('count');
    const codes = new Set<unknown>();
    let settled = 0;
    const work = async (act: () => PromiseLike<unknown>): Promise<void> => {
      const error = await Promise.resolve()
        .then(act)
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      settled++;
      if (error !== null) codes.add(codeOf(error) ?? error);
    };
    const all: Promise<void>[] = [];
    const acts: (() => PromiseLike<unknown>)[] = [
      () => echo.remote('x'),
      () => waits.remote(),
      () => client.status(),
      () => client.setTraffic('echo', { echo: 1 }),
      () => client.watch().next(),
      async () => readOut(((await count.remote(100_000)) as ReadableStream<unknown>).getReader()),
    ];
    const ending = setTimeout(() => owner.process.kill('SIGKILL'), round * 7);
    while (isAlive(owner.process.pid ?? 0)) {
      for (const act of acts) all.push(work(act));
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearTimeout(ending);
    for (const act of acts) all.push(work(act));
    await Promise.all(all);
    assert.is(settled, all.length);
    for (const code of codes) assert.ok(SETTLED.has(code as string), String(code));
    assert.ok(codes.size > 0, 'the kill came in between');
    await client.close();
    await owner.end();
  }
});

test.run();
