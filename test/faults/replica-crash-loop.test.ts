/** Row 19: a replica that dies again and again. */
import * as assert from 'uvu/assert';
import { restartPauseMs } from '../../lib/controller/restart-policy.ts';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a crash loop');

interface Death {
  /** Until the next incarnation is started, in ms: as it was told, and as it was. */
  readonly toldMs: number | null;
  readonly pausedMs: number;
}

/** The first so many deaths from which it came back. */
async function deathsOf(rig: Rig, count: number): Promise<Death[]> {
  const deaths: Death[] = [];
  let died: { readonly at: string; readonly retryInMs: number | null } | null = null;
  for await (const event of rig.client.events({ follow: true })) {
    if (event.type === 'replica.died') died = event;
    if (event.type !== 'replica.started' || died === null) continue;
    deaths.push({ toldMs: died.retryInMs, pausedMs: Date.parse(event.at) - Date.parse(died.at) });
    if (deaths.length === count) break;
  }
  return deaths;
}

test(
  'backs off as restart-policy says, keeps its tag, and says why it is pending',
  withRig(async (rig) => {
    await rig.createBackend('b', faulty('CrashLoop', rig.board, 6));
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    openGate(rig.board);
    const deaths = await deathsOf(rig, 5);
    const wanted = [1, 2, 3, 4, 5].map(restartPauseMs);
    assert.equal(
      deaths.map(({ toldMs }) => toldMs),
      wanted,
    );
    // A timer may fire in the last part of the millisecond before, and the times are whole ones.
    for (const [i, { pausedMs }] of deaths.entries()) {
      assert.ok(pausedMs >= (wanted[i] ?? 0) - 2, `after ${i + 1} deaths: ${pausedMs} ms`);
    }
    await until('it waits', async () => (await rig.replicas('b'))[0]?.state === 'DEAD');
    const status = await rig.client.status();
    const [pending] = status.backends.b?.replicas.pending ?? [];
    assert.match(pending?.reason ?? '', /^restarts in \d\.\d s after 6 deaths in a row: .*process\.exit\(1\)/);
    assert.is(status.backends.b?.replicas.running, 0);

    const waiting = rig.get('/b?id=waits');
    assert.is((await waiting).status, 200, 'who asks meanwhile waits for the next incarnation');
    const [replica] = await rig.replicas('b');
    assert.equal([replica?.tag, replica?.state, replica?.restarts], ['b#1', 'RUNNING', 6]);
    assert.is(rig.stderr().match(/died: /g)?.length, 6);
  }),
);

test(
  'of a start that fails after the first: tried again with growing pauses, until it works',
  withRig(async (rig) => {
    await rig.createBackend('b', faulty('FailsAgain', rig.board, 3));
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    assert.is((await rig.get('/b?do=exit&code=1')).status, 502);
    assert.is((await rig.get('/b')).status, 200);
    assert.is(read(rig.board, CELL.fired), 3, 'three starts have failed');
    assert.is(rig.stderr().match(/failed to start again: not yet/g)?.length, 3);
    assert.is((await rig.replicas('b'))[0]?.restarts, 4);
  }),
);

test(
  'ends with the backend: a deleted one does not come back',
  withRig(async (rig) => {
    await rig.createBackend('b', faulty('CrashLoop', rig.board, 1_000));
    openGate(rig.board);
    await until('four deaths', () => read(rig.board, CELL.fired) >= 4);
    await rig.client.deleteBackend('b');
    const constructed = read(rig.board, CELL.constructed);
    assert.equal((await rig.client.status()).replicas, []);
    // Longer than the pause it was in: a timer left behind would construct another.
    await new Promise((resolve) => setTimeout(resolve, restartPauseMs(5) + 300));
    assert.is(read(rig.board, CELL.constructed), constructed);
  }),
);

test.run();
