/** Row 19: a replica that dies again and again. */
import * as assert from 'uvu/assert';
import { restartPauseMs } from '../../lib/controller/restart-policy.ts';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a crash loop');

interface Death {
  readonly at: number;
  readonly incarnation: number;
}

/** When each incarnation died, as the board has counted them. */
async function watchDeaths(rig: Rig, deaths: number): Promise<Death[]> {
  const seen: Death[] = [];
  await until(
    `${deaths} deaths`,
    () => {
      const fired = read(rig.board, CELL.fired);
      if (fired > seen.length) seen.push({ at: performance.now(), incarnation: fired });
      return seen.length === deaths;
    },
    60_000,
  );
  return seen;
}

test(
  'backs off as restart-policy says, keeps its tag, and says why it is pending',
  withRig(async (rig) => {
    await rig.createBackend('b', faulty('CrashLoop', rig.board, 6));
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    openGate(rig.board);
    const deaths = await watchDeaths(rig, 6);
    for (let i = 1; i < deaths.length; i++) {
      const pause = (deaths[i]?.at ?? 0) - (deaths[i - 1]?.at ?? 0);
      const wanted = restartPauseMs(i);
      assert.ok(pause >= wanted, `after ${i} deaths: ${pause} ms of at least ${wanted}`);
      assert.ok(pause < wanted + 2000, `after ${i} deaths: ${pause} ms of ${wanted} and a start`);
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
    await watchDeaths(rig, 4);
    await rig.client.deleteBackend('b');
    const constructed = read(rig.board, CELL.constructed);
    assert.equal((await rig.client.status()).replicas, []);
    // Longer than the pause it was in: a timer left behind would construct another.
    await new Promise((resolve) => setTimeout(resolve, restartPauseMs(5) + 300));
    assert.is(read(rig.board, CELL.constructed), constructed);
  }),
);

test.run();
