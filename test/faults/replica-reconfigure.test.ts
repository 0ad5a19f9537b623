/** Row 20: userConfig on its way to the replicas. */
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';
import { untilWorkers, workerCount } from '../support/threads.ts';

const test = isolationSuite('reconfigure');

interface Pair {
  readonly first: number;
  readonly second: number;
  readonly replica: string;
}

async function servePairs(rig: Rig, config: Partial<serve.BackendConfig>, actorOptions = {}): Promise<void> {
  await rig.createBackend('b', faulty('Pair', rig.board), { config, actorOptions });
  await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
}

/** Asks without a pause until stopped; every answer that was given. */
async function streamOf(rig: Rig): Promise<{ stop(): Promise<Pair[]> }> {
  const handle = await rig.client.getHandle('b');
  const pairs: Pair[] = [];
  let isStopped = false;
  const ask = async () => {
    while (!isStopped) {
      pairs.push((await handle.remote()) as Pair);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const asking = Promise.all(Array.from({ length: 8 }, ask));
  return {
    stop: async () => {
      isStopped = true;
      await asking;
      return pairs;
    },
  };
}

/** The value each replica has now. */
async function valuesByReplica(rig: Rig, numReplicas: number): Promise<number[]> {
  const handle = await rig.client.getHandle('b');
  const values = new Map<string, number>();
  await until('every replica has been asked', async () => {
    const { first, second, replica } = (await handle.remote()) as Pair;
    assert.is(first, second);
    values.set(replica, first);
    return values.size === numReplicas;
  });
  return [...values.values()];
}

test(
  'is never seen half-applied, and runs once at each replica for each real change',
  withRig(async (rig) => {
    await servePairs(rig, { numReplicas: 2, userConfig: { value: 0 } });
    assert.is(read(rig.board, CELL.spare), 2, 'once after each constructor');
    const stream = await streamOf(rig);
    for (let value = 1; value <= 10; value++) {
      await rig.client.updateBackendConfig('b', { userConfig: { value } });
      const handle = await rig.client.getHandle('b');
      const next = (await Promise.all([handle.remote(), handle.remote()])) as Pair[];
      for (const { first } of next) assert.is(first, value, 'the next request sees it');
    }
    const pairs = await stream.stop();
    assert.ok(pairs.length > 20, `${pairs.length} answers`);
    assert.ok(pairs.every(({ first, second }) => first === second));
    assert.ok(new Set(pairs.map(({ first }) => first)).size > 3, 'the stream ran while it changed');
    assert.is(read(rig.board, CELL.spare), 2 + 10 * 2);

    await rig.client.updateBackendConfig('b', { userConfig: { value: 10 } });
    await rig.client.updateBackendConfig('b', { maxConcurrentQueries: 7, requestTimeoutMs: 9_000 });
    assert.is(read(rig.board, CELL.spare), 22, 'not for an equal value, not for another key');
    await rig.client.updateBackendConfig('b', { numReplicas: 3 });
    assert.is(read(rig.board, CELL.spare), 23, 'a new replica gets it once, the others are left alone');
    assert.equal(await valuesByReplica(rig, 3), [10, 10, 10]);
  }),
);

for (const failing of ['every', 'one'] as const) {
  test(
    `that throws on ${failing} of three replicas: RECONFIGURE_FAILED, and no request ever meets the new value`,
    withRig(async (rig) => {
      await servePairs(rig, { numReplicas: 3, userConfig: { value: 1 } });
      const before = await rig.replicas('b');
      const stream = await streamOf(rig);
      const bad = { value: 2, throwOn: failing === 'every' ? null : 'b#2' };
      const failure = await failureOf(rig.client.updateBackendConfig('b', { userConfig: bad }));
      const pairs = await stream.stop();
      assert.is(failure.code, 'RECONFIGURE_FAILED');
      assert.match(failure.message, /reconfigure\(\) of backend 'b' failed: no such value; the old userConfig stays/);
      assert.is((failure.cause as Error).message, 'no such value');
      assert.is(read(rig.board, CELL.fired), failing === 'every' ? 3 : 1);
      assert.ok(pairs.length > 0);
      for (const { first, second } of pairs) assert.equal([first, second], [1, 1]);
      assert.equal(await valuesByReplica(rig, 3), [1, 1, 1]);
      assert.equal((await rig.client.getBackendConfig('b')).userConfig, { value: 1 });
      assert.equal(
        (await rig.replicas('b')).map(({ tag, restarts, state }) => [tag, restarts, state]),
        before.map(({ tag }) => [tag, 0, 'RUNNING']),
      );
    }),
  );
}

test(
  'that throws where there was none: fresh replicas, under the same tags, and nothing in flight is lost',
  withRig(async (rig) => {
    await servePairs(rig, { numReplicas: 2 });
    const stream = await streamOf(rig);
    const bad = { value: 2, throwOn: 'b#2' };
    const failure = await failureOf(rig.client.updateBackendConfig('b', { userConfig: bad }));
    assert.is(failure.code, 'RECONFIGURE_FAILED');
    assert.is(read(rig.board, CELL.fired), 1);
    await until('both are fresh', async () =>
      (await rig.replicas('b')).every(({ state, restarts }) => state === 'RUNNING' && restarts === 1),
    );
    const pairs = await stream.stop();
    for (const { first, second } of pairs) assert.equal([first, second], [0, 0]);
    assert.equal(await valuesByReplica(rig, 2), [0, 0]);
    assert.is((await rig.client.getBackendConfig('b')).userConfig, undefined);
  }),
);

test(
  'that hangs on one replica is given up; that one is replaced, as it may act at any time later',
  withRig(async (rig) => {
    await servePairs(
      rig,
      { numReplicas: 2, userConfig: { value: 1 }, gracefulShutdownTimeoutMs: 100 },
      { startTimeoutMs: 2_000 },
    );
    const stream = await streamOf(rig);
    const hanging = { value: 2, hangOn: 'b#1' };
    const failure = await failureOf(rig.client.updateBackendConfig('b', { userConfig: hanging }));
    assert.is(failure.code, 'RECONFIGURE_FAILED');
    assert.match(failure.message, /reconfigure\(\) did not end within 2000 ms/);
    assert.is(read(rig.board, CELL.fired), 1);
    openGate(rig.board); // the hanging one would go on now
    await until('it is replaced', async () =>
      (await rig.replicas('b')).every(
        ({ tag, state, restarts }) => state === 'RUNNING' && restarts === (tag === 'b#1' ? 1 : 0),
      ),
    );
    const pairs = await stream.stop();
    for (const { first, second } of pairs) assert.equal([first, second], [1, 1]);
    assert.equal(await valuesByReplica(rig, 2), [1, 1]);
  }),
);

test(
  'of a replica that is being restarted meanwhile: it comes up with the new value, not with the one it began with',
  withRig(async (rig) => {
    await servePairs(rig, { numReplicas: 2, userConfig: { value: 1 } });
    const handle = await rig.client.getHandle('b');
    assert.is((await failureOf(handle.remote(null, { exit: 'slowly' }))).code, 'REPLICA_DIED');
    // Its next incarnation stands in its first reconfigure, with the old value, until the gate opens.
    await until('it starts', () => read(rig.board, CELL.fired) === 1);
    await rig.client.updateBackendConfig('b', { userConfig: { value: 2 } });
    openGate(rig.board);
    await until('both run', async () => (await rig.replicas('b')).every(({ state }) => state === 'RUNNING'));
    assert.equal(await valuesByReplica(rig, 2), [2, 2]);
  }),
);

test(
  'waits for the requests under way, and those that come wait for it',
  withRig(async (rig) => {
    await servePairs(rig, { userConfig: { value: 1 } });
    const handle = await rig.client.getHandle('b');
    const under = handle.remote(null, { hold: 'yes' });
    await until('it runs', () => read(rig.board, CELL.started) === 1);
    const update = rig.client.updateBackendConfig('b', { userConfig: { value: 2 } });
    await until('it is told', async () => (await rig.replicas('b'))[0]?.state === 'UPDATING');
    const next = handle.remote();
    openGate(rig.board);
    const [before, after] = (await Promise.all([under, next, update])) as [Pair, Pair, unknown];
    assert.equal([before.first, before.second], [1, 1], 'it began and ended with the old value');
    assert.equal([after.first, after.second], [2, 2]);
  }),
);

for (const [what, change] of [
  ['that changes the userConfig alone', {}],
  ['that wants more replicas, too', { numReplicas: 4 }],
] as const) {
  test(
    `of a backend that is deleted meanwhile, in an update ${what}: BACKEND_NOT_FOUND, and no thread stays behind`,
    withRig(async (rig) => {
      const before = workerCount();
      await servePairs(rig, { numReplicas: 2, userConfig: { value: 1 } });
      const handle = await rig.client.getHandle('b');
      const under = handle.remote(null, { hold: 'yes' });
      await until('it runs', () => read(rig.board, CELL.started) === 1);
      const update = failureOf(rig.client.updateBackendConfig('b', { ...change, userConfig: { value: 2 } }));
      await until('it is told', async () => (await rig.replicas('b')).some(({ state }) => state === 'UPDATING'));
      await rig.client.deleteEndpoint('b');
      const deleted = rig.client.deleteBackend('b');
      await until('it leaves', async () => (await rig.replicas('b')).every(({ state }) => state === 'STOPPING'));
      openGate(rig.board);
      assert.is(((await under) as Pair).first, 1);
      const failure = await update;
      assert.is(failure.code, 'BACKEND_NOT_FOUND');
      assert.match(failure.message, /'b' was deleted while it was being updated/);
      await deleted;
      assert.equal(await rig.client.listBackends(), {});
      await rig.client.shutdown();
      await untilWorkers(before);
    }),
  );
}

test.run();
