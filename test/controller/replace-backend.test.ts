/** Code that is replaced, in the moments at which something else happens to its backend. */
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FakeReplicas, NOTE } from '../support/fake-replicas.ts';
import { fails, failureOf, until } from '../support/instance.ts';

const test = suite('replacing code');

test.after.each(() => mock.timers.reset());

/** With seats for two replicas. */
function withReplicas(run: (rig: FakeReplicas) => Promise<void>): () => Promise<void> {
  return async () => {
    const rig = new FakeReplicas({ declared: { cpus: null, custom: { seat: 2 } }, patienceMs: 20 });
    await run(rig);
    for (const replica of rig.launched) replica.gone();
    await rig.controller.shutDown();
    await until(() => rig.isFree, 'nothing is held');
    assert.ok(
      rig.releases.every((count) => count === 1),
      `each lease is given back once: ${rig.releases}`,
    );
  };
}

const SEAT = { custom: { seat: 1 } };
const isOver = (work: Promise<unknown>): (() => boolean) => {
  let over = false;
  const end = (): void => {
    over = true;
  };
  work.then(end, end);
  return () => over;
};

test(
  'the new replicas come before the old ones go, under numbers that were never used',
  withReplicas(async (rig) => {
    await rig.create('a', SEAT);
    rig.behaviour = { start: new Error('no weights') };
    await fails(rig.replace('a', SEAT), 'BACKEND_START_FAILED', 'no weights');
    assert.equal(rig.replicas('a'), ['a#1 RUNNING']);
    rig.behaviour = {};
    await rig.controller.updateBackendConfig('a', { numReplicas: 2 }, NOTE);
    assert.equal(rig.replicas('a'), ['a#1 RUNNING', 'a#3 RUNNING'], 'a#2 was one of those that failed');
    await rig.controller.updateBackendConfig('a', { numReplicas: 1 }, NOTE);
    await rig.replace('a', SEAT);
    await until(() => rig.replicas('a').join() === 'a#4 RUNNING', 'only the new one is left');
  }),
);

test(
  'where there is room for the old ones alone it is refused, and they stay',
  withReplicas(async (rig) => {
    await rig.create('a', SEAT, { numReplicas: 2 });
    await fails(rig.replace('a', SEAT), 'INSUFFICIENT_RESOURCES', 'seat');
    assert.equal(rig.replicas('a'), ['a#1 RUNNING', 'a#2 RUNNING']);
    await fails(rig.replace('a', SEAT, { numReplicas: 1 }), 'INSUFFICIENT_RESOURCES', 'seat');
    assert.is(rig.launched.length, 2);
  }),
);

test(
  'its backend deleted, new code that starts is ended at once, and holds nothing when the deletion resolves',
  withReplicas(async (rig) => {
    await rig.create('a', SEAT);
    rig.behaviour = { start: 'never' };
    const replaced = failureOf(rig.replace('a', SEAT));
    await until(() => rig.launched.length === 2, 'the new one starts');
    await rig.controller.deleteBackend('a', false, NOTE);
    assert.ok(rig.isFree);
    assert.ok((rig.last('a#2').numKills ?? 0) > 0);
    await fails(Promise.reject(await replaced), 'BACKEND_NOT_FOUND', "'a'", 'deleted');
    assert.equal(rig.replicas('a'), []);
  }),
);

test(
  'a backend that was deleted and made again meanwhile keeps what it was made of',
  withReplicas(async (rig) => {
    await rig.create('a', {});
    rig.behaviour = { start: 'never' };
    const replaced = failureOf(rig.replace('a', {}));
    await until(() => rig.launched.length === 2, 'the new one starts');
    rig.behaviour = {};
    const deleted = rig.controller.deleteBackend('a', false, NOTE);
    await deleted;
    await rig.create('a', { envVars: { MADE: 'again' } });
    await fails(Promise.reject(await replaced), 'BACKEND_NOT_FOUND');
    assert.equal(rig.replicas('a'), ['a#1 RUNNING']);
    assert.is(rig.last('a#1').spec.envVars.MADE, 'again');
  }),
);

test(
  'a deletion waits for code that was replaced and still works, and its tag is not free before',
  withReplicas(async (rig) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    rig.behaviour = { isBusy: true };
    await rig.create('a', {}, { gracefulShutdownTimeoutMs: 500 });
    rig.behaviour = {};
    await rig.replace('a');
    assert.equal(rig.replicas('a'), ['a#2 RUNNING', 'a#1 STOPPING']);
    const deleted = rig.controller.deleteBackend('a', false, NOTE);
    const isDeleted = isOver(deleted);
    await until(() => rig.replicas('a').join() === 'a#1 STOPPING', 'the new one is gone');
    assert.not(isDeleted());
    await fails(rig.create('a', {}), 'BACKEND_EXISTS', 'being deleted');
    mock.timers.tick(500);
    await deleted;
    await rig.create('a', {});
    assert.equal(rig.replicas('a'), ['a#1 RUNNING']);
  }),
);

test(
  'a deletion with force ends it instead',
  withReplicas(async (rig) => {
    rig.behaviour = { isBusy: true };
    await rig.create('a', SEAT);
    await rig.replace('a', SEAT);
    assert.equal(rig.replicas('a'), ['a#2 RUNNING', 'a#1 STOPPING']);
    await rig.controller.deleteBackend('a', true, NOTE);
    assert.equal(rig.replicas('a'), []);
    assert.ok(rig.isFree);
  }),
);

test(
  'an old replica that dies while new code starts is made good, and goes with the others',
  withReplicas(async (rig) => {
    await rig.create('a', {}, { numReplicas: 2 });
    rig.behaviour = { start: 'never' };
    const replaced = rig.replace('a');
    await until(() => rig.launched.length === 4, 'the new ones start');
    rig.behaviour = {};
    rig.last('a#1').die();
    await until(() => rig.replicas('a').includes('a#1 RUNNING'), 'it runs again');
    for (const tag of ['a#3', 'a#4']) rig.last(tag).die(); // they are given another try
    await replaced;
    await until(() => rig.replicas('a').join() === 'a#3 RUNNING,a#4 RUNNING', 'the old ones are gone');
  }),
);

test(
  'changes of one backend follow each other: the last one is what is left',
  withReplicas(async (rig) => {
    await rig.create('a', {});
    await Promise.all([
      rig.replace('a', { envVars: { CODE: 'first' } }),
      rig.controller.updateBackendConfig('a', { numReplicas: 2 }, NOTE),
      rig.replace('a', { envVars: { CODE: 'second' } }, { maxQueuedQueries: 3 }),
      rig.controller.updateBackendConfig('a', { numReplicas: 3 }, NOTE),
    ]);
    await until(() => rig.replicas('a').length === 3, 'the older ones are gone');
    const left = rig.replicas('a').map((replica) => rig.last(replica.split(' ')[0] ?? '').spec.envVars.CODE);
    assert.equal(left, ['second', 'second', 'second']);
    assert.is(rig.controller.state.backends.get('a')?.maxQueuedQueries, 3);
  }),
);

test(
  'an instance that stops ends the new code, the old, and what came before it',
  withReplicas(async (rig) => {
    rig.behaviour = { isBusy: true };
    await rig.create('a', {});
    await rig.replace('a');
    rig.behaviour = { start: 'never' };
    const replaced = failureOf(rig.replace('a'));
    await until(() => rig.launched.length === 3, 'the newest one starts');
    await rig.controller.shutDown();
    assert.ok((await replaced) instanceof Error);
    assert.ok(rig.launched.every(({ numKills }) => numKills > 0));
    assert.ok(rig.isFree);
  }),
);

test.run();
