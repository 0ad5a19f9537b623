/** Rows 5 and 6: no answer, and answers that come too late. */
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, gauge, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a replica that does not answer');
const PLACES = 10;

test(
  'the deadline frees every place, the signal fires, and all gauges return to 0',
  withRig(async (rig) => {
    const config = { maxConcurrentQueries: PLACES, requestTimeoutMs: 300 };
    await rig.createBackend('b', faulty('Silent', rig.board), { config });
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    const handle = await rig.client.getHandle('b');
    // Twice as many as there are places: the second half waits in the router, and must end there.
    const asked = Array.from({ length: 2 * PLACES }, (_, i) =>
      i % 2 === 0
        ? rig.get('/b').then(({ status, code }) => [status, code])
        : failureOf(handle.remote()).then((e) => [504, e.code]),
    );
    await until('every place is taken', () => read(rig.board, CELL.started) === PLACES);
    await until('status() shows it', async () => (await rig.replicas('b'))[0]?.ongoing === PLACES);
    for (const [status, code] of await Promise.all(asked)) assert.equal([status, code], [504, 'TIMEOUT']);

    await until('the replica has let go', async () => (await rig.replicas('b'))[0]?.ongoing === 0);
    await until('every signal fired', () => read(rig.board, CELL.fired) === read(rig.board, CELL.started));
    const status = await rig.client.status();
    assert.is(status.backends.b?.queued, 0);
    assert.is(status.replicas[0]?.queued, 0);
    assert.is(status.replicas[0]?.restarts, 0);
    assert.is(await gauge(rig, 'serve_replica_processing_queries', 'b'), 0);
    assert.is(await gauge(rig, 'serve_replica_queued_queries', 'b'), 0);

    const again = await Promise.all(Array.from({ length: PLACES }, () => rig.get('/b?do=ok')));
    assert.ok(
      again.every(({ status }) => status === 200),
      'every place can be used again',
    );
  }),
);

test(
  'an answer that comes after its 504 reaches nobody: not its caller, and not the next user of its place',
  withRig(async (rig) => {
    const config = { maxConcurrentQueries: 4, requestTimeoutMs: 200 };
    await rig.createBackend('b', faulty('Late', rig.board), { config });
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    const late = await Promise.all(Array.from({ length: 4 }, (_, i) => rig.get(`/b?name=late${i}`)));
    assert.ok(late.every(({ status }) => status === 504));
    await until('the places are free', async () => (await rig.replicas('b'))[0]?.ongoing === 0);
    // These take the same slots; then the late ones answer, some before and some after them.
    const next = Array.from({ length: 4 }, (_, i) => rig.get(`/b?name=next${i}`));
    await until('the next ones run', () => read(rig.board, CELL.started) === 8);
    openGate(rig.board);
    const replies = await Promise.all(next);
    await until('the late ones have answered', () => read(rig.board, CELL.fired) === 8);
    assert.equal(
      replies.map(({ status, text }) => [status, text]),
      [0, 1, 2, 3].map((i) => [200, `next${i}`]),
    );
    assert.is((await rig.get('/b?name=last')).text, 'last');
    assert.is((await rig.replicas('b'))[0]?.ongoing, 0);
    assert.is(rig.stderr(), '');
  }),
);

test.run();
