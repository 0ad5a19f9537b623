import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PlannedReplica, planReplicas } from '../../lib/controller/reconcile.ts';
import type { ReplicaState } from '../../lib/domain/replica.ts';

const test = suite('planReplicas');
const STATES: readonly ReplicaState[] = ['STARTING', 'RUNNING', 'UPDATING', 'STOPPING', 'DEAD'];

const replicas = (...states: ReplicaState[]): PlannedReplica[] =>
  states.map((state, i) => ({ tag: `b#${i + 1}`, number: i + 1, state }));

for (const [title, wanted, states, toStart, toStop] of [
  ['nothing is there', 2, [], 2, []],
  ['all are there', 2, ['RUNNING', 'UPDATING'], 0, []],
  ['one is missing', 3, ['RUNNING', 'STARTING'], 1, []],
  ['a dead one waits for its restart', 2, ['RUNNING', 'DEAD'], 0, []],
  ['one that leaves does not count', 2, ['STOPPING', 'RUNNING'], 1, []],
  ['the youngest goes first', 1, ['RUNNING', 'RUNNING', 'RUNNING'], 0, ['b#3', 'b#2']],
  ['a dead one goes before any that serves', 2, ['DEAD', 'RUNNING', 'RUNNING'], 0, ['b#1']],
  ['then those that start, then those that update', 1, ['UPDATING', 'STARTING', 'RUNNING'], 0, ['b#2', 'b#1']],
  ['none is wanted', 0, ['RUNNING', 'STOPPING', 'DEAD'], 0, ['b#3', 'b#1']],
] as const) {
  test(`${title}: start ${toStart}, stop ${toStop.join(', ') || 'none'}`, () => {
    assert.equal(planReplicas(wanted, replicas(...states)), { toStart, toStop });
  });
}

test('carried out, leaves nothing more to plan', () => {
  fc.assert(
    fc.property(fc.nat(8), fc.array(fc.constantFrom(...STATES), { maxLength: 8 }), (wanted, states) => {
      const before = replicas(...states);
      const { toStart, toStop } = planReplicas(wanted, before);
      const after = [
        ...before.map((one) => (toStop.includes(one.tag) ? { ...one, state: 'STOPPING' as const } : one)),
        ...Array.from({ length: toStart }, (_, i) => ({
          tag: `new#${i}`,
          number: 100 + i,
          state: 'STARTING' as const,
        })),
      ];
      assert.equal(planReplicas(wanted, after), { toStart: 0, toStop: [] });
      assert.is(after.filter(({ state }) => state !== 'STOPPING').length, wanted);
    }),
  );
});

test.run();
