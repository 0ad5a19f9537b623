import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeStateDirectory, stateDirectoryOf } from '../../lib/control/state-directory.ts';
import { lockFile } from '../../lib/store/directory-lock.ts';
import type { Outcome } from '../fixtures/control/contender.ts';
import { fails, failureOf } from '../support/instance.ts';
import { withOwner } from '../support/owner.ts';
import { isAlive } from '../support/processes.ts';

const test = suite('one name, one instance');

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/control/${name}.ts`, import.meta.url));
const PROGRAM = fixture('contender');
const CHURNER = fixture('churner');
/** Processes and threads in each; SERVELAB_CONTENDERS=100x1 is the same in a process each, and takes minutes. */
const [PROCESSES = 0, THREADS = 0] = (process.env.SERVELAB_CONTENDERS ?? '8x5').split('x').map(Number);
const HOSTS = Number(process.env.SERVELAB_CONTENDING_HOSTS ?? 6);
const CHANGES = Number(process.env.SERVELAB_NAME_CHANGES ?? 20);
const KILLS = Number(process.env.SERVELAB_KILLED_HOLDERS ?? 3);
/** From the order to start until everybody does, in ms: they must have heard it by then. */
const AHEAD_MS = 500;

interface Contender {
  readonly process: ChildProcess;
  outcomes(count: number): Promise<Outcome[]>;
}

async function contender(name: string): Promise<Contender> {
  const child = fork(PROGRAM, [name, String(THREADS)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  await once(child, 'message');
  const heard: Outcome[] = [];
  let onMore = (): void => {};
  child.on('message', (outcome: Outcome) => {
    heard.push(outcome);
    onMore();
  });
  return {
    process: child,
    async outcomes(count) {
      while (heard.length < count) {
        await new Promise<void>((resolve) => {
          onMore = resolve;
        });
      }
      return heard;
    },
  };
}

test(`of ${PROCESSES * THREADS} that start it at the same moment one has it, and the others learn whose it is`, async () => {
  const name = 'wanted';
  const contenders: Contender[] = [];
  try {
    // Some at a time: so many programs that load at once would be late for their own start.
    while (contenders.length < PROCESSES) {
      const more = Array.from({ length: Math.min(5, PROCESSES - contenders.length) }, () => contender(name));
      contenders.push(...(await Promise.all(more)));
    }
    const at = Date.now() + AHEAD_MS;
    for (const { process: child } of contenders) child.send(at);
    const outcomes = (await Promise.all(contenders.map((one) => one.outcomes(THREADS)))).flat();
    const winners = outcomes.filter(({ code }) => code === null);
    assert.is(winners.length, 1, `${winners.length} of ${outcomes.length} have it`);
    const pid = winners[0]?.message;
    for (const { code, message } of outcomes.filter((outcome) => outcome.code !== null)) {
      assert.is(code, 'INSTANCE_EXISTS', message);
      assert.ok(message.includes(`in process ${pid};`) || message.includes('in this process;'), message);
    }
    const client = await serve.connect({ name });
    assert.is(String(await (await client.getHandle('who')).remote()), pid);
    await client.close();
  } finally {
    for (const { process: child } of contenders) child.kill('SIGKILL');
    await Promise.all(
      contenders.map(({ process: child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')),
    );
  }
});

test(`of ${HOSTS} hosts for it one stays, and the others end`, async () => {
  const name = 'hosted';
  const started = await Promise.allSettled(
    Array.from({ length: HOSTS }, () => serve.start({ name, host: 'process', http: { port: 0 } })),
  );
  const winners = started.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  const [client, ...others] = winners;
  assert.is(others.length, 0);
  if (!client) return assert.unreachable('nobody has it');
  try {
    const { instance } = await client.status();
    assert.is.not(instance.pid, process.pid);
    for (const one of started) {
      if (one.status === 'fulfilled') continue;
      assert.is(one.reason.code, 'INSTANCE_EXISTS', String(one.reason));
      assert.match(one.reason.message, `in process ${instance.pid};`);
    }
    await client.createBackend('still', () => 'serving');
    await client.createEndpoint('still', { backend: 'still' });
    assert.is(await (await client.getHandle('still')).remote(), 'serving');
  } finally {
    await client.shutdown();
  }
});

test(
  'one who comes second is told within a second, in a process of its own too',
  withOwner(async (owner) => {
    for (const host of ['inline', 'process'] as const) {
      const startedAt = performance.now();
      await fails(
        serve.start({ name: owner.name, host, http: null }),
        'INSTANCE_EXISTS',
        `in process ${owner.process.pid};`,
        `serve.connect({ name: '${owner.name}' })`,
      );
      // Alone on the machine: 10 ms inline, and what a Node takes to begin in a process. Others may be at work here.
      assert.ok(performance.now() - startedAt < 10_000, `it took ${performance.now() - startedAt} ms`);
    }
    assert.is(
      await (await (await serve.connect({ name: owner.name })).getHandle('echo')).remote('unharmed'),
      'unharmed',
    );
  }),
);

test('the name of a killed holder is free at once, its socket replaced', async () => {
  for (let n = 0; n < KILLS; n++) {
    await withOwner(async (owner) => {
      const { socket } = stateDirectoryOf(owner.name);
      owner.process.kill('SIGKILL');
      await owner.ended;
      await fails(serve.connect({ name: owner.name }), 'INSTANCE_NOT_FOUND', 'ended without saying so', socket);
      const client = await serve.start({ name: owner.name, http: null });
      assert.equal((await client.status()).backends, {});
      await client.shutdown();
    })();
  }
});

test('a holder who is dead, or whose number is another process now, is not told of', async () => {
  const { lock, holder } = makeStateDirectory('quiet');
  const held = lockFile(lock, 0);
  const child = fork(PROGRAM, ['nobody', '0'], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  await once(child, 'message');
  const { pid = 0 } = child;
  try {
    for (const text of [`${pid} `, `${pid} another:time:1`, `${process.pid} ${'0'.repeat(10)}`, 'x', '', '-1 x']) {
      writeFileSync(holder, text);
      const { message } = (await failureOf(serve.start({ name: 'quiet', http: null }))) as Error;
      assert.match(message, /^instance 'quiet' runs already, in a process that cannot be seen from here; /);
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.not(isAlive(pid));
    writeFileSync(holder, `${pid} ${readFileSync(join('/proc/sys/kernel/random', 'boot_id'), 'utf8').trim()}`);
    const { message } = (await failureOf(serve.start({ name: 'quiet', http: null }))) as Error;
    assert.not.match(message, String(pid));
  } finally {
    child.kill('SIGKILL');
    held?.release();
  }
  await (await serve.start({ name: 'quiet', http: null })).shutdown();
});

test('a name that goes from hand to hand is in one hand at a time', async () => {
  const mark = join(tmpdir(), `servelab-mark-${process.pid}`);
  const children = Array.from({ length: 3 }, () =>
    fork(CHURNER, ['passed-on', mark], { execArgv: ['--disable-warning=ExperimentalWarning'] }),
  );
  const exits = children.map((child) => once(child, 'exit'));
  await theyHaveMet(children);
  for (const child of children) if (child.connected) child.send('end');
  assert.equal(
    (await Promise.all(exits)).map(([code]) => code),
    [0, 0, 0],
  );
});

/** Each has had the name often, and somebody was refused it; or one of them has ended. */
function theyHaveMet(children: readonly ChildProcess[]): Promise<void> {
  return new Promise((resolve) => {
    const held = children.map(() => 0);
    let refused = 0;
    for (const [index, child] of children.entries()) {
      child.once('exit', () => resolve());
      child.on('message', (what: 'held' | 'refused') => {
        if (what === 'refused') refused++;
        else held[index] = (held[index] ?? 0) + 1;
        if (refused > 0 && held.every((times) => times >= CHANGES)) resolve();
      });
    }
  });
}

test.run();
