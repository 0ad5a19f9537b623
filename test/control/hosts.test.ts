import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stateDirectoryOf } from '../../lib/control/state-directory.ts';
import { codeOf, fails, failureOf, until } from '../support/instance.ts';
import { isAlive, isStopped, marked } from '../support/processes.ts';
import { withStateHome } from '../support/state-home.ts';

const test = suite('instances in a process of their own');

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/control/${name}.ts`, import.meta.url));
const STARTER = fixture('starter');
/** Owners that are killed while they start an instance. */
const EARLY_KILLS = Number(process.env.SERVELAB_EARLY_KILLS ?? 4);

let started = 0;

interface Starter {
  readonly name: string;
  readonly owner: ChildProcess;
  readonly ended: Promise<unknown>;
  /** Of the host and of its replica, once they are there. */
  readonly pids: Promise<{ readonly pid: number; readonly replica: number }>;
  /** In the environment of every process that comes of it. */
  readonly mark: string;
}

async function starter(detached: 'detached' | 'owned', isolation: 'thread' | 'process' = 'thread'): Promise<Starter> {
  const name = `hosted-${++started}`;
  const mark = `SERVELAB_MARK=${process.pid}-${name}.`;
  const [key = '', value] = mark.split('=');
  const owner = fork(STARTER, [name, detached, isolation], {
    env: { ...process.env, [key]: value },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(owner, 'exit');
  await once(owner, 'message');
  return { name, owner, ended, mark, pids: once(owner, 'message').then(([pids]) => pids) };
}

const gone = (mark: string): Promise<void> => until(() => marked(mark).length === 0, 'every process of it to be gone');

test('is the same instance, in another process, with a log of its own', async () => {
  const client = await serve.start({ name: 'apart', host: 'process', http: { port: 0 } });
  try {
    const { instance } = await client.status();
    assert.equal([instance.host, instance.detached, instance.name], ['process', false, 'apart']);
    assert.is.not(instance.pid, process.pid);
    assert.is(instance.httpUrl, client.http?.url);
    const { log } = stateDirectoryOf('apart');
    assert.is(lstatSync(log).mode & 0o777, 0o600);
    await client.createBackend('x', () => process.pid);
    await client.createEndpoint('x', { backend: 'x', route: '/x' });
    assert.is(await (await client.getHandle('x')).remote(), instance.pid);
    assert.is(await (await fetch(`${client.http?.url}/x`)).text(), String(instance.pid));
    await fails(serve.start({ name: 'apart', http: null }), 'INSTANCE_EXISTS', `process ${instance.pid}`);
  } finally {
    await client.shutdown();
  }
  assert.not(existsSync(stateDirectoryOf('apart').path));
});

const WAYS: readonly (readonly [how: string, end: (owner: ChildProcess) => void])[] = [
  ['is killed', (owner) => owner.kill('SIGKILL')],
  ['is told to end', (owner) => owner.kill('SIGTERM')],
  ['hears that its terminal has closed', (owner) => owner.kill('SIGHUP')],
  ['exits', (owner) => owner.send('exit')],
  ['throws', (owner) => owner.send('throw')],
  ['aborts', (owner) => owner.send('abort')],
];

for (const [index, [how, end]] of WAYS.entries()) {
  const isolation = index % 2 === 0 ? 'process' : 'thread';
  test(`ends with its owner when that ${how}, whatever its replicas do (${isolation})`, async () => {
    const { owner, ended, pids, mark } = await starter('owned', isolation);
    const { pid, replica } = await pids;
    assert.ok(isAlive(pid) && isAlive(replica));
    owner.send('query'); // from now on the replica spins
    end(owner);
    await ended;
    await gone(mark);
  });
}

test('ends with an owner that lets go of it and ends', async () => {
  const { owner, ended, pids, mark } = await starter('owned');
  await pids;
  owner.send('close');
  await ended;
  await gone(mark);
});

test('goes on while its owner is stopped or spins', async () => {
  const { name, owner, ended, pids, mark } = await starter('owned');
  const { pid } = await pids;
  owner.kill('SIGSTOP');
  await until(() => isStopped(owner.pid ?? 0), 'it to be stopped');
  const client = await serve.connect({ name });
  assert.is((await client.status()).instance.pid, pid);
  owner.kill('SIGCONT');
  owner.send('spin');
  assert.is((await client.status()).instance.pid, pid);
  await client.close();
  owner.kill('SIGKILL');
  await ended;
  await gone(mark);
});

test('leaves nothing when its owner is killed while it starts', async () => {
  for (let round = 0; round < EARLY_KILLS; round++) {
    const { name, owner, ended, pids, mark } = await starter('owned');
    pids.catch(() => {});
    if (round > 0) await until(() => marked(mark).length > 1 || owner.exitCode !== null, 'its process to be there');
    for (let turn = 0; turn < round * 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    owner.kill('SIGKILL');
    await ended;
    await gone(mark);
    await (await serve.start({ name, http: null })).shutdown();
  }
});

test('detached it outlives its owner, however that ends, until it is shut down', async () => {
  for (const [, end] of WAYS.slice(0, 3)) {
    const { name, owner, ended, pids, mark } = await starter('detached');
    const { pid } = await pids;
    end(owner);
    await ended;
    process.kill(pid, 'SIGHUP');
    const client = await serve.connect({ name });
    const { instance, replicas } = await client.status();
    assert.equal([instance.pid, instance.detached, replicas.length], [pid, true, 1]);
    await client.shutdown();
    await gone(mark);
  }
});

test('detached it outlives an owner that is killed right after it was told', async () => {
  const { name, owner, ended, pids, mark } = await starter('detached', 'process');
  const { pid } = await pids;
  owner.kill('SIGKILL');
  await ended;
  const client = await serve.connect({ name });
  assert.is((await client.status()).instance.pid, pid);
  await client.shutdown();
  await gone(mark);
});

/** The name is free, and nobody is there. */
async function leavesNothing(name: string): Promise<void> {
  await fails(serve.connect({ name }), 'INSTANCE_NOT_FOUND');
  await (await serve.start({ name, http: null })).shutdown();
}

test('a port that is taken is told to who starts it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const detached of [false, true]) {
    await fails(serve.start({ name: 'taken', host: 'process', detached, http: { port } }), 'PORT_IN_USE', String(port));
  }
  server.close();
  await leavesNothing('taken');
});

const HERE = fixture('bad-middleware');
const MIDDLEWARES: readonly (readonly [given: unknown, code: string, ...parts: string[]])[] = [
  [serve.imported('./no-such-module'), 'INVALID_ARGUMENT', 'no-such-module'],
  [serve.imported(HERE, 'nothing'), 'INVALID_ARGUMENT', 'nothing'],
  [serve.imported(HERE, 'number'), 'INVALID_ARGUMENT', 'number'],
  [serve.imported(HERE, 'default', [{}]), 'RangeError', 'the middleware cannot be made'],
];

for (const [given, code, ...parts] of MIDDLEWARES) {
  test(`a middleware that cannot be had is told to who starts it: ${parts[0]}`, async () => {
    const middlewares = [given as never];
    const thrown = await failureOf(serve.start({ name: 'bare', host: 'process', http: { port: 0, middlewares } }));
    const inline = await failureOf(serve.start({ name: 'bare', http: { port: 0, middlewares } }));
    assert.is(codeOf(thrown) ?? (thrown as Error).name, codeOf(inline) ?? (inline as Error).name, 'as inline');
    for (const part of parts) assert.match((thrown as Error).message, part, `${code}: ${thrown}`);
    await leavesNothing('bare');
  });
}

test('a middleware that cannot travel is refused before anything starts', async () => {
  const socket = createServer();
  const middlewares = [(_ctx: unknown, next: () => unknown) => (socket.listening ? null : next())];
  const http = { port: 0, middlewares };
  await fails(serve.start({ name: 'bare', host: 'process', http: http as never }), 'NOT_SHIPPABLE', 'socket');
  await leavesNothing('bare');
});

test(
  'a process that ends before it can say why is told with how it ended, and where to look',
  withStateHome(async () => {
    process.env.NODE_OPTIONS = '--require=/no/such/file.cjs';
    try {
      await fails(
        serve.start({ name: 'mute', host: 'process', http: null }),
        'LISTEN_FAILED',
        "'mute'",
        'ended with 1',
        stateDirectoryOf('mute').log,
      );
    } finally {
      delete process.env.NODE_OPTIONS;
    }
    await leavesNothing('mute');
  }),
);

test(
  'a Node that cannot be run is told to who starts it',
  withStateHome(async () => {
    const { execPath } = process;
    process.execPath = '/no/such/node';
    try {
      await fails(serve.start({ name: 'unborn', host: 'process', http: null }), 'LISTEN_FAILED', "'unborn'", 'ENOENT');
    } finally {
      process.execPath = execPath;
    }
    await leavesNothing('unborn');
  }),
);

test.run();
