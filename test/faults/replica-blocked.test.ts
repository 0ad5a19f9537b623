/** Rows 7, 8 and 9: a thread that no longer turns its event loop. */
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const PERIOD_MS = 600;
/** Two periods, and what busy cores may add to starting a thread and telling it. */
const DETECTED_WITHIN_MS = 2 * PERIOD_MS + 5_000;

const test = isolationSuite('a blocked replica');

async function twoReplicas(
  { client, createBackend, board, ledger }: Rig,
  more: Partial<serve.BackendConfig> = {},
): Promise<void> {
  const config = { numReplicas: 2, healthCheckPeriodMs: PERIOD_MS, ...more };
  await createBackend('b', faulty('Faulty', board, ledger.path), { config });
  await client.createEndpoint('b', { backend: 'b', route: '/b' });
}

for (const fault of ['spin', 'regex']) {
  test(
    `${fault}: found within two health periods, replaced under its tag, only what it had started fails`,
    withRig(async (rig) => {
      await twoReplicas(rig, { maxConcurrentQueries: 8 });
      const before = await rig.replicas('b');
      // The first to be read blocks its replica; its neighbours are in the same batch and have not started.
      const ids = Array.from({ length: 12 }, (_, i) => (i === 0 ? `fault-${i}` : `ok-${i}`));
      const began = performance.now();
      const replies = await Promise.all(
        ids.map(async (id) => {
          const { status } = await rig.get(`/b?id=${id}&do=${id.startsWith('fault') ? fault : 'ok'}`);
          return { id, status, afterMs: performance.now() - began };
        }),
      );
      assert.is(read(rig.board, CELL.fired), 1, 'the fault fired once: it is never tried again');
      assert.equal(
        replies.map(({ id, status }) => [id, status]),
        ids.map((id) => [id, id.startsWith('fault') ? 502 : 200]),
      );
      rig.ledger.judge(replies);
      const foundAfterMs = Math.max(...replies.map(({ afterMs }) => afterMs));
      assert.ok(foundAfterMs < DETECTED_WITHIN_MS, `found after ${foundAfterMs} ms`);

      await until('both run', async () => (await rig.replicas('b')).every(({ state }) => state === 'RUNNING'));
      const after = await rig.replicas('b');
      assert.equal(
        after.map(({ tag }) => tag),
        before.map(({ tag }) => tag),
      );
      assert.is(
        after.reduce((sum, { restarts }) => sum + restarts, 0),
        1,
      );
      assert.match(rig.stderr(), /no answer to a health check for 600 ms: its thread is blocked or stuck/);
    }),
  );
}

test(
  'queries that wait at the blocked one are taken to the other, and none runs twice',
  withRig(async (rig) => {
    await twoReplicas(rig);
    const handle = await rig.client.getHandle('b');
    const queries = Array.from({ length: 60 }, (_, i) => ({ id: `q${i}`, do: i === 0 ? 'spin' : 'ok' }));
    const settled = await Promise.allSettled(queries.map((args) => handle.remote(null, args)));
    assert.is(read(rig.board, CELL.fired), 1);
    const statuses = settled.map((one) => (one.status === 'fulfilled' ? 200 : 502));
    rig.ledger.judge(queries.map(({ id }, i) => ({ id, status: statuses[i] ?? 0 })));
    assert.is(statuses.filter((status) => status === 502).length, 1, 'the started one, once');
  }),
);

test(
  'native code that cannot be interrupted: written off and replaced without waiting for it',
  withRig(async (rig) => {
    await twoReplicas(rig, { numReplicas: 1 });
    const began = performance.now();
    const reply = await rig.get(`/b?do=exec&id=held`);
    const told = performance.now() - began;
    assert.is(read(rig.board, CELL.fired), 1);
    assert.is(reply.status, 502);
    assert.ok(told < DETECTED_WITHIN_MS, `told after ${told} ms`);
    const next = await rig.get('/b?id=next');
    assert.is(next.status, 200, 'it is served while native code still holds the old thread');
    rig.ledger.judge([
      { id: 'held', status: reply.status },
      { id: 'next', status: next.status },
    ]);
  }),
);

test(
  'a long JSON.parse: replaced in the same way',
  withRig(async (rig) => {
    await twoReplicas(rig, { numReplicas: 1 });
    const reply = rig.get('/b?do=parse&millions=1');
    await until('the parse begins', () => read(rig.board, CELL.fired) === 1);
    const began = performance.now();
    assert.is((await reply).status, 502);
    const told = performance.now() - began;
    assert.ok(told < 2 * DETECTED_WITHIN_MS, `told after ${told} ms`);
    assert.is((await rig.get('/b')).status, 200);
  }),
);

test.threads(
  'those that will not end are bounded: starts wait for one of them',
  withRig(async (rig) => {
    await twoReplicas(rig, { numReplicas: 1, healthCheckPeriodMs: 150, requestTimeoutMs: 30_000 });
    // One more than max(4, 2 x 1); native code holds each of their threads until it is released.
    for (let i = 0; i < 5; i++) {
      assert.is((await rig.get(`/b?do=exec&id=x${i}`)).status, 502);
    }
    assert.is(read(rig.board, CELL.fired), 5, 'five threads are held');
    const constructed = read(rig.board, CELL.constructed);
    const asked = rig.get('/b?id=after');
    await until('its restart is due', async () => {
      const { pending } = (await rig.client.status()).backends.b?.replicas ?? { pending: [] };
      return /^restarts soon/.test(pending[0]?.reason ?? '');
    });
    assert.is(read(rig.board, CELL.constructed), constructed, 'no sixth thread beside five that are held');
    openGate(rig.board);
    assert.is((await asked).status, 200, 'it starts when one of them has ended');
  }),
);

test(
  'without a second replica, what had not started waits for the new one',
  withRig(async (rig) => {
    await twoReplicas(rig, { numReplicas: 1 });
    const handle = await rig.client.getHandle('b');
    const spinning = handle.remote(null, { do: 'spin', id: 'spin' });
    const waiting = handle.remote(null, { id: 'waits' });
    assert.is((await failureOf(spinning)).code, 'REPLICA_DIED');
    assert.is(((await waiting) as { replica: string }).replica, 'b#1');
    assert.is(read(rig.board, CELL.fired), 1);
    rig.ledger.judge([
      { id: 'spin', status: 502 },
      { id: 'waits', status: 200 },
    ]);
  }),
);

test.run();
