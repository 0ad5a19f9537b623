/** The user's `shutdown()`, at every orderly end. */
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { inIsolation, isolationSuite } from '../support/isolations.ts';

const test = isolationSuite("the user's shutdown()");

/** Nobody waited for the 20 s of grace that a backend has by default, in ms. */
const WELL_BEFORE_MS = 15_000;

async function serveFaulty(rig: Rig, config: Partial<serve.BackendConfig> = {}): Promise<void> {
  const { client, createBackend, board, ledger } = rig;
  await createBackend('b', faulty('Faulty', board, ledger.path), { config });
  await client.createEndpoint('b', { backend: 'b', route: '/b' });
}

const shutDown = (rig: Rig): number => read(rig.board, CELL.shutDown);

test(
  'runs when a backend is deleted, after the requests it has',
  withRig(async (rig) => {
    await serveFaulty(rig, { numReplicas: 2 });
    const replies = [rig.get('/b?do=wait&id=0'), rig.get('/b?do=wait&id=1')];
    await until('they run', () => read(rig.board, CELL.started) === 2);
    await rig.client.deleteEndpoint('b');
    const deleted = rig.client.deleteBackend('b');
    await until('it leaves', async () => (await rig.replicas('b')).every(({ state }) => state === 'STOPPING'));
    assert.is(shutDown(rig), 0);
    openGate(rig.board);
    assert.equal(
      (await Promise.all(replies)).map(({ status }) => status),
      [200, 200],
    );
    await deleted;
    assert.is(shutDown(rig), 2);
    assert.equal(await rig.replicas('b'), []);
  }),
);

test(
  'runs at the replicas that a scale-down takes out, and only there',
  withRig(async (rig) => {
    await serveFaulty(rig, { numReplicas: 3 });
    await rig.client.updateBackendConfig('b', { numReplicas: 1 });
    await until('two are gone', async () => (await rig.replicas('b')).length === 1);
    assert.is(shutDown(rig), 2);
    assert.is((await rig.replicas('b'))[0]?.tag, 'b#1');
  }),
);

test(
  'does not run with force, nor at a death; and the caller of what was cut off is told',
  withRig(async (rig) => {
    await serveFaulty(rig);
    assert.is((await rig.get('/b?do=exit&code=1')).status, 502);
    assert.is((await rig.get('/b')).status, 200);
    const cut = rig.get('/b?do=wait');
    await until('it runs', () => read(rig.board, CELL.started) === 3);
    await rig.client.deleteEndpoint('b');
    await rig.client.deleteBackend('b', { force: true });
    assert.equal([(await cut).status, (await cut).code], [502, 'REPLICA_DIED']);
    assert.is(shutDown(rig), 0);
  }),
);

for (const how of ['hangs', 'spins', 'throws'] as const) {
  test(
    `that ${how} holds nobody up beyond the grace`,
    withRig(async (rig) => {
      await rig.createBackend('b', faulty('BadShutdown', rig.board, how), {
        config: { gracefulShutdownTimeoutMs: 400 },
      });
      const began = performance.now();
      await rig.client.deleteBackend('b');
      const took = performance.now() - began;
      assert.is(shutDown(rig), 1, 'it was called');
      assert.ok(took < WELL_BEFORE_MS, `deleted after ${took} ms`);
      if (how !== 'throws') assert.ok(took >= 399, `it had its grace: ${took} ms`);
      assert.equal((await rig.client.status()).replicas, []);
      await rig.createBackend('b', () => 'again');
    }),
  );
}

test(
  'a request that outlasts the grace is cut off with REPLICA_DIED',
  withRig(async (rig) => {
    await serveFaulty(rig, { gracefulShutdownTimeoutMs: 300 });
    const handle = await rig.client.getHandle('b');
    const never = failureOf(handle.remote(null, { do: 'never', id: 'never' }));
    await until('it runs', () => read(rig.board, CELL.started) === 1);
    await rig.client.deleteEndpoint('b');
    await rig.client.deleteBackend('b');
    assert.is((await never).code, 'REPLICA_DIED');
    rig.ledger.judge([{ id: 'never', status: 502 }]);
  }),
);

for (const [how, atLeastMs] of [
  ['ends', 0],
  ['hangs', 900],
  ['spins', 900],
] as const) {
  test(
    `that ${how}: client.shutdown() calls it and gives it one second at most`,
    withRig(async (rig) => {
      const client = await serve.start({ name: 'short', http: null });
      const createBackend = inIsolation(client, rig.isolation);
      await createBackend('b', faulty('BadShutdown', rig.board, how), { config: { numReplicas: 2 } });
      const began = performance.now();
      await client.shutdown();
      const took = performance.now() - began;
      assert.is(shutDown(rig), 2);
      assert.ok(took >= atLeastMs && took < WELL_BEFORE_MS, `shut down after ${took} ms`);
    }),
  );
}

test.run();
