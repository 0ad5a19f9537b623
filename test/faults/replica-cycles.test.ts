/** Rows 29, 30 and 32: replicas that call replicas, and what they share. */
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('composed calls');

/** `a` calls `b`, `b` calls `a`, and so on, `depth` calls in all. */
async function serveCircle(
  rig: Rig,
  config: Partial<serve.BackendConfig>,
  name: 'Caller' | 'BatchedCaller' = 'Caller',
) {
  for (const [tag, next] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    await rig.createBackend(tag, faulty(name, rig.board, next), { config });
    await rig.client.createEndpoint(tag, { backend: tag, route: `/${tag}` });
  }
}

test(
  'in a circle that needs more places than there are end with QUEUE_FULL, and free everything',
  withRig(async (rig) => {
    await serveCircle(rig, { maxConcurrentQueries: 1 });
    const began = performance.now();
    const reply = await rig.get('/a?depth=3');
    assert.equal([reply.status, reply.code], [503, 'QUEUE_FULL']);
    assert.ok(performance.now() - began < 20_000, 'at once, not by a deadline');
    assert.is(read(rig.board, CELL.started), 2, 'a and b began; a second a has no place');
    assert.is((await rig.get('/a?depth=2')).text, 'the end', 'a circle that fits goes through');
    for (const tag of ['a', 'b']) {
      await until('all is free', async () =>
        (await rig.replicas(tag)).every(({ ongoing, queued }) => ongoing + queued === 0),
      );
    }
  }),
);

test(
  'in a circle, many at once: each ends, by its answer or by QUEUE_FULL, and the circle works again',
  withRig(async (rig) => {
    await serveCircle(rig, { maxConcurrentQueries: 4, requestTimeoutMs: 5_000 });
    const replies = await Promise.all(Array.from({ length: 24 }, () => rig.get('/a?depth=7')));
    assert.ok(
      replies.every(({ status }) => [200, 503, 504].includes(status)),
      replies.map(({ status }) => status).join(),
    );
    assert.ok(read(rig.board, CELL.started) > 4);
    for (const tag of ['a', 'b']) {
      await until('all is free', async () =>
        (await rig.replicas(tag)).every(({ ongoing, queued }) => ongoing + queued === 0),
      );
    }
    assert.is((await rig.get('/a?depth=3')).text, 'the end');
  }),
);

test(
  'in a circle of batches end too',
  withRig(async (rig) => {
    await serveCircle(rig, { maxConcurrentQueries: 1 }, 'BatchedCaller');
    const handle = await rig.client.getHandle('a');
    const failure = await failureOf(serve.get(handle.remote(null, { depth: 3 }), { timeoutMs: 10_000 }));
    assert.is(failure.code, 'QUEUE_FULL');
    assert.is(read(rig.board, CELL.started), 2);
  }),
);

test(
  'whose leaf dies: only the leaf is replaced; its parents live, and say what happened',
  withRig(async (rig) => {
    await rig.createBackend('leaf', faulty('Faulty', rig.board, rig.ledger.path));
    await rig.client.createEndpoint('leaf', { backend: 'leaf' });
    await rig.createBackend('middle', faulty('PassOn', 'leaf'));
    await rig.client.createEndpoint('middle', { backend: 'middle' });
    await rig.createBackend('top', faulty('PassOn', 'middle'));
    await rig.client.createEndpoint('top', { backend: 'top', route: '/top' });
    assert.is((await rig.get('/top?id=first')).status, 200);
    const parents = async () => [...(await rig.replicas('top')), ...(await rig.replicas('middle'))];
    const before = await parents();

    const neighbours = Array.from({ length: 5 }, (_, i) => rig.get(`/top?do=wait&id=held${i}`));
    await until('they wait in the leaf', () => read(rig.board, CELL.started) === 6);
    const reply = await rig.get('/top?do=exit&code=7&id=exit');
    assert.equal([reply.status, reply.code], [502, 'REPLICA_DIED']);
    assert.match(reply.text, /replica 'leaf#1' died after this query had started/);
    assert.is(read(rig.board, CELL.fired), 1);
    const held = await Promise.all(neighbours);
    assert.ok(held.every(({ status }) => status === 502));

    openGate(rig.board);
    assert.is((await rig.get('/top?id=next')).status, 200, 'it waits for the new leaf');
    const after = await parents();
    assert.equal(
      after.map(({ tag, pid, threadId, restarts, state }) => [tag, pid, threadId, restarts, state]),
      before.map(({ tag, pid, threadId }) => [tag, pid, threadId, 0, 'RUNNING']),
    );
    assert.is((await rig.replicas('leaf'))[0]?.restarts, 1);
    rig.ledger.judge([
      { id: 'first', status: 200 },
      { id: 'exit', status: 502 },
      { id: 'next', status: 200 },
      ...held.map((_, i) => ({ id: `held${i}`, status: 502 })),
    ]);
  }),
);

test(
  'each replica has globals, prototypes and an environment of its own',
  withRig(async (rig) => {
    const directory = process.cwd();
    await rig.createBackend('b', faulty('Polluter', rig.board), { config: { numReplicas: 2 } });
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    const handle = await rig.client.getHandle('b');
    const [first, second] = (await Promise.all([handle.remote(), handle.remote()])) as Record<string, unknown>[];
    assert.is.not(first?.replica, second?.replica, 'both were asked');
    assert.is(read(rig.board, CELL.fired), 2, 'both changed everything they can reach');
    for (const seen of [first, second]) {
      assert.is(seen?.before, 'untouched', 'each found its own untouched');
      assert.is(seen?.chdir, rig.isolation === 'thread' ? 'ERR_WORKER_UNSUPPORTED_OPERATION' : '');
    }
    assert.is(process.cwd(), directory);
    assert.is(process.env.SERVELAB_POLLUTED, undefined);
    assert.is(Object.hasOwn(Object.prototype, 'polluted'), false);
    assert.is(Object.hasOwn(globalThis, 'polluted'), false);
  }),
);

test.run();
