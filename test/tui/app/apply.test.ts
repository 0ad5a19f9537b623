import type { Client } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Plan } from '../../../tui/actions/plan.ts';
import { readLine } from '../../../tui/actions/read.ts';
import { applyPlan, ChangedMeanwhile, undoPlan } from '../../../tui/app/apply.ts';
import { INITIAL, type Undoable } from '../../../tui/ui/ui.ts';
import { FakeInstance } from '../fake-instance.ts';
import { LOOK, statusOf } from '../fixture.ts';

const test = suite('changes and their undoing');

function planOf(text: string, { status }: FakeInstance): Plan {
  const read = readLine(text, { status, ui: INITIAL, look: LOOK, readonlyReason: null });
  if (read.type !== 'ready' || read.outcome.type !== 'plan') throw new Error(`${text} is no change`);
  return read.outcome.plan;
}

/** Does these, one after the other; each is a change. */
async function done(texts: readonly string[], instance: FakeInstance, client: Client): Promise<readonly Undoable[]> {
  let undoables: readonly Undoable[] = [];
  for (const text of texts) ({ undoables } = await applyPlan(planOf(text, instance), client, undoables));
  return undoables;
}

async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error('it did not reject'),
    (error: Error) => error,
  );
}

test('changes are taken back one after the other, the last one first', async () => {
  const instance = new FakeInstance();
  const client = await instance.connect();
  let undoables = await done(['scale bart:v4 3', 'shadow classify resnet:v3 0.1'], instance, client);
  for (let left = undoables.length; left > 0; left--) {
    const plan = undoPlan(undoables, instance.status);
    ({ undoables } = await applyPlan(plan, client, undoables));
    assert.is(undoables.length, left - 1);
  }
  assert.equal(
    instance.calls.filter((call) => call.startsWith('rollback')),
    ['rollback 8', 'rollback 7'],
  );
  assert.throws(() => undoPlan(undoables, instance.status), /nothing was changed here/);
});

test('what others have changed since is not taken back by the way', async () => {
  const instance = new FakeInstance();
  const client = await instance.connect();
  const undoables = await done(['scale bart:v4 3'], instance, client);
  await client.setTraffic('classify', { 'resnet:v1': 1 });
  assert.throws(
    () => undoPlan(undoables, instance.status),
    /revision 9 came after 'scale bart:v4 from 2 to 3'; :rollback 7/,
  );
  const after = await applyPlan(planOf('scale bart:v4 4', instance), client, undoables);
  assert.equal(
    after.undoables.map(({ at, back }) => [at, back]),
    [[10, 9]],
  );
});

test('the revisions of another instance are not those of this one', async () => {
  const instance = new FakeInstance();
  const undoables = await done(['scale bart:v4 3'], instance, await instance.connect());
  const another = { ...instance.status.instance, startedAt: '2026-03-01T11:59:00.000Z' };
  assert.throws(() => undoPlan(undoables, statusOf({ instance: another })), /another instance/);
});

test('what was shown before somebody else changed something is not done, and says who did', async () => {
  const instance = new FakeInstance();
  const client = await instance.connect();
  const plan = planOf('traffic classify v1=70 v2=30', instance);
  await client.updateBackendConfig('resnet:v1', { numReplicas: 1 });
  const error = await rejectionOf(applyPlan(plan, client));
  assert.instance(error, ChangedMeanwhile);
  assert.match(error.message, /revision 8 \(what somebody did, by somebody\) came after what was shown/);
  assert.is(instance.calls.length, 1);
});

test('a backend that is in use is not asked for its name, only to be refused', () => {
  const read = readLine('delete backend v1', { status: statusOf(), ui: INITIAL, look: LOOK, readonlyReason: null });
  assert.match(read.type === 'wrong' ? read.message : '', /resnet:v1 is used by classify, idle/);
});

test.run();
