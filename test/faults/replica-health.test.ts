/** Row 21: what `checkHealth` may say, or not say. */
import * as assert from 'uvu/assert';
import { CELL, read } from '../fixtures/faults/board.ts';
import { faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('checkHealth');
const PERIOD_MS = 250;

/** `script`: what the checks do in turn, over all incarnations; past its end they are well. */
async function serveChecked(rig: Rig, script: readonly string[]): Promise<void> {
  const config = { healthCheckPeriodMs: PERIOD_MS };
  await rig.createBackend('b', faulty('Checked', rig.board, script), { config });
  await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
}

const checks = (rig: Rig): number => read(rig.board, CELL.fired);

for (const way of ['throw', 'reject', 'false']) {
  test(
    `${way}: three failures in a row replace the replica, and what it said is told`,
    withRig(async (rig) => {
      await serveChecked(rig, [way, way, way]);
      await until('it is replaced', async () => (await rig.replicas('b'))[0]?.restarts === 1);
      assert.ok(checks(rig) >= 3);
      await until('the new one runs', async () => (await rig.replicas('b'))[0]?.state === 'RUNNING');
      await until('it is checked again', () => checks(rig) >= 6);
      const [replica] = await rig.replicas('b');
      assert.equal([replica?.tag, replica?.restarts, replica?.state], ['b#1', 1, 'RUNNING']);
      const said = way === 'false' ? /checkHealth\(\) returned false/ : /3 health checks in a row: not well/;
      assert.match(rig.stderr(), said);
      assert.is(read(rig.board, CELL.constructed), 2);
    }),
  );
}

test(
  'flaps: two failures and then a success count from the beginning again',
  withRig(async (rig) => {
    await serveChecked(rig, ['throw', 'false', 'ok', 'reject', 'throw', 'ok', 'false', 'false', 'ok']);
    await until('the script is over', () => checks(rig) >= 11);
    const [replica] = await rig.replicas('b');
    assert.equal([replica?.restarts, replica?.state], [0, 'RUNNING']);
    assert.is(rig.stderr(), '');
    assert.is((await rig.get('/b')).text, 'well');
  }),
);

test(
  'never resolves: no answer by the next check is the end of that replica',
  withRig(async (rig) => {
    await serveChecked(rig, ['ok', 'hang']);
    await until('it hangs', () => checks(rig) === 2);
    await until('it is replaced', async () => (await rig.replicas('b'))[0]?.restarts === 1);
    assert.match(rig.stderr(), /no answer to a health check for 250 ms/);
    assert.not.match(rig.stderr(), /replica-slot/, 'a stack of ours tells nobody anything');
    assert.is((await rig.get('/b')).status, 200);
  }),
);

test(
  'is asked of a busy replica too, which answers between its requests',
  withRig(async (rig) => {
    await serveChecked(rig, []);
    const handle = await rig.client.getHandle('b');
    // Half a second of work that arrives in one message.
    const busy = Promise.all(Array.from({ length: 25 }, () => handle.remote(null, { busyMs: 20 })));
    await handle.remote(null, { busyMs: 20 });
    const answered = await busy;
    assert.ok(answered.every((answer) => answer === 'well'));
    assert.ok(checks(rig) > 1, `${checks(rig)} checks`);
    assert.is((await rig.replicas('b'))[0]?.restarts, 0);
  }),
);

test.run();
