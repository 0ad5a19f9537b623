/** Rows 16 to 18 and 39: constructors that throw, hang, or are no longer wanted. */
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { inIsolation, isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a constructor');

/** Nothing of the backend is left, and its tag can be used at once. */
async function requireNothingLeft(rig: Rig): Promise<void> {
  const [backends, status] = await Promise.all([rig.client.listBackends(), rig.client.status()]);
  assert.equal(backends, {});
  assert.equal(status.backends, {});
  assert.equal(status.replicas, []);
  await rig.createBackend('b', () => 'another');
  await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
  assert.is((await rig.get('/b')).text, 'another');
}

for (const [numReplicas, tries] of [
  [1, 3],
  [3, 9],
  [8, 20],
] as const) {
  test(
    `that always throws, for ${numReplicas} replicas: BACKEND_START_FAILED with the user's error when one has no try of ${tries} left`,
    withRig(async (rig) => {
      const config = { numReplicas };
      const create = rig.createBackend('b', faulty('FailsToStart', rig.board, 1_000), { config });
      const failure = await failureOf(create);
      assert.is(failure.code, 'BACKEND_START_FAILED');
      assert.match(failure.message, /backend 'b' could not start: RangeError: model file 404/);
      const cause = failure.cause as Error;
      assert.is(cause.name, 'RangeError');
      assert.match(cause.stack ?? '', /at new FailsToStart .*starting\.[jt]s:\d+:\d+/);
      const [fired, constructed] = [read(rig.board, CELL.fired), read(rig.board, CELL.constructed)];
      // The tries of the others may still be on their way to the constructor when the first one gives up.
      assert.ok(fired > tries - numReplicas && fired <= tries, `${fired} constructors threw`);
      assert.is(rig.stderr(), '', 'the caller is told, nobody else');
      await requireNothingLeft(rig);
      // One may have been killed between its two counts.
      assert.is(read(rig.board, CELL.constructed), constructed, 'no try comes after it');
    }),
  );
}

test(
  'of a shipped class that throws: the stack points at the line in this very file',
  withRig(async (rig) => {
    class Broken {
      constructor() {
        throw new Error('at home');
      }

      call(): void {}
    }
    const failure = await failureOf(rig.createBackend('b', Broken));
    assert.match((failure.cause as Error).stack ?? '', /replica-constructor\.test\.[jt]s:\d+:\d+/);
    await requireNothingLeft(rig);
  }),
);

for (const [title, numReplicas, failures] of [
  ['once', 1, 1],
  ['on one replica of three', 3, 1],
  ['twice in a row', 1, 2],
] as const) {
  test(
    `that throws ${title}: it is tried again and all replicas come up`,
    withRig(async (rig) => {
      const config = { numReplicas };
      await rig.createBackend('b', faulty('FailsToStart', rig.board, failures), { config });
      assert.is(read(rig.board, CELL.fired), failures);
      const replicas = await rig.replicas('b');
      assert.equal(
        replicas.map(({ tag, state }) => [tag, state]),
        Array.from({ length: numReplicas }, (_, i) => [`b#${i + 1}`, 'RUNNING']),
      );
    }),
  );
}

for (const hangs of ['async', 'spin'] as const) {
  test(
    `that hangs (${hangs}) is given up after startTimeoutMs; meanwhile status() answers and others work`,
    withRig(async (rig) => {
      const startTimeoutMs = 1000;
      const began = performance.now();
      const create = failureOf(
        rig.createBackend('b', faulty('HangsAtStart', rig.board, hangs), {
          actorOptions: { startTimeoutMs },
          config: { userConfig: {} },
        }),
      );
      await until('it hangs', () => read(rig.board, CELL.fired) === 1);
      const status = await rig.client.status();
      assert.is(status.replicas[0]?.state, 'STARTING');
      assert.match(status.backends.b?.replicas.pending[0]?.reason ?? '', /^starting since/);
      await rig.createBackend('other', () => 'other');
      await rig.client.createEndpoint('other', { backend: 'other', route: '/other' });
      assert.is((await rig.get('/other')).text, 'other');

      const failure = await create;
      const took = performance.now() - began;
      assert.is(failure.code, 'BACKEND_START_FAILED');
      assert.match(failure.message, /did not end within startTimeoutMs, 1000 ms/);
      assert.is(rig.stderr(), '', 'the caller is told, nobody else');
      assert.ok(took >= 3 * startTimeoutMs, `took ${took} ms`);
      await rig.client.deleteEndpoint('other');
      await rig.client.deleteBackend('other');
      await requireNothingLeft(rig);
    }),
  );

  test(
    `deleted while it hangs (${hangs}): the creation rejects, no thread is left, the tag is free`,
    withRig(async (rig) => {
      const create = failureOf(
        rig.createBackend('b', faulty('HangsAtStart', rig.board, hangs), { config: { userConfig: {} } }),
      );
      await until('it hangs', () => read(rig.board, CELL.fired) === 1);
      assert.is((await failureOf(rig.createBackend('b', () => 'too early'))).code, 'BACKEND_EXISTS');
      const began = performance.now();
      await rig.client.deleteBackend('b');
      assert.ok(performance.now() - began < 10_000, 'nobody waits for the constructor');
      await requireNothingLeft(rig);
      assert.is((await create).code, 'CANCELLED');
      assert.is(read(rig.board, CELL.fired), 1, 'it is not tried again');
    }),
  );
}

for (const [change, code] of [
  ['createBackend', 'CANCELLED'],
  ['updateBackend', 'BACKEND_NOT_FOUND'],
] as const) {
  test(
    `deleted while native code holds it in ${change}(): nothing is left when the deletion resolves`,
    withRig(async (rig) => {
      if (change === 'updateBackend') await rig.createBackend('b', () => 'before');
      const make = change === 'updateBackend' ? rig.client.updateBackend.bind(rig.client) : rig.createBackend;
      const changed = failureOf(make('b', faulty('HangsAtStart', rig.board, 'native')));
      await until('it hangs', () => read(rig.board, CELL.fired) === 1);
      await rig.client.deleteBackend('b');
      await requireNothingLeft(rig);
      assert.is((await changed).code, code);
    }),
  );
}

test(
  'that hangs does not keep the instance from shutting down',
  withRig(async (rig) => {
    const client = await serve.start({ name: 'short', http: null });
    const create = failureOf(
      inIsolation(client, rig.isolation)('b', faulty('HangsAtStart', rig.board, 'spin'), {
        config: { userConfig: {} },
      }),
    );
    await until('it hangs', () => read(rig.board, CELL.fired) === 1);
    const began = performance.now();
    await client.shutdown();
    assert.ok(performance.now() - began < 10_000);
    assert.is((await create).code, 'CANCELLED');
    assert.is(read(rig.board, CELL.fired), 1);
  }),
);

test(
  'that is scaled to while it waits for a slow one: the update rejects, and the old number stays',
  withRig(async (rig) => {
    await rig.createBackend('b', faulty('FailsAfterFirst', rig.board));
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    const failure = await failureOf(rig.client.updateBackendConfig('b', { numReplicas: 3 }));
    assert.is(failure.code, 'BACKEND_START_FAILED');
    assert.ok(read(rig.board, CELL.fired) >= 1);
    assert.is((await rig.client.getBackendConfig('b')).numReplicas, 1);
    assert.equal(
      (await rig.replicas('b')).map(({ tag, state }) => [tag, state]),
      [['b#1', 'RUNNING']],
    );
    openGate(rig.board);
    assert.is((await rig.get('/b')).text, 'b#1');
  }),
);

test.run();
