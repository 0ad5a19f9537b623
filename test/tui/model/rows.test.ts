import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  alertsOf,
  backendRows,
  endpointRows,
  gpuRows,
  pendingRows,
  replicaRows,
  totalsOf,
} from '../../../tui/model/rows.ts';
import { neighbour, REPLICA_KEYS, sorted } from '../../../tui/model/sort.ts';
import { backendOf, performanceOf, replicaOf, statusOf } from '../fixture.ts';

const test = suite('rows');

test('an endpoint knows its backends in the order they were given, what they answered, and how many replicas are ready', () => {
  const [classify] = endpointRows(statusOf(), performanceOf());
  assert.equal(classify?.traffic, [
    { tag: 'resnet:v1', share: 0.8, got: 0.796, running: 2, target: 2 },
    { tag: 'resnet:v2', share: 0.2, got: 0.204, running: 1, target: 2 },
  ]);
  assert.equal(classify?.shadows, [{ tag: 'resnet:v3', share: 0.5, got: null, running: 1, target: 1 }]);
});

test('a backend is live, a shadow, or neither', () => {
  const roles = Object.fromEntries(backendRows(statusOf()).map(({ tag, role }) => [tag, role]));
  assert.equal(roles, {
    'resnet:v1': 'live',
    'resnet:v2': 'live',
    'resnet:v3': 'shadow',
    'bart:v4': 'live',
    spare: 'idle',
  });
});

test('the room of a backend is that of the replicas that serve', () => {
  const [, second] = backendRows(statusOf());
  assert.equal([second?.ongoing, second?.limit], [2, 8]);
});

test('a replica knows what it holds of its GPUs', () => {
  assert.is(replicaRows(statusOf()).find(({ tag }) => tag === 'bart:v4#2')?.gpuShare, 0.25);
});

test('a GPU knows how much of it was given out', () => {
  assert.equal(
    gpuRows(statusOf()).map(({ allocated }) => allocated),
    [0.75, 0],
  );
});

test('equal reasons to wait are one row with a count', () => {
  const status = statusOf({ backends: { big: backendOf(3, 1, undefined, ['no GPU', 'no GPU']) } });
  assert.equal(pendingRows(status), [{ backend: 'big', count: 2, reason: 'no GPU' }]);
});

test('the whole is the sum of what the instance tells, and no percentile is made of percentiles', () => {
  const totals = totalsOf(statusOf());
  assert.equal(totals.worst, { endpoint: 'summarize', p99Ms: 1_230 });
  assert.equal([totals.rate, totals.errorRate, totals.running, totals.target], [340, 1, 6, 7]);
  assert.equal(totals.gpus, { allocated: 0.75, total: 2 });
});

test('what is dead, short or failing asks for attention', () => {
  assert.equal(alertsOf(statusOf()), ['resnet:v2#2 is dead', 'resnet:v2 runs 1 of 2 replicas', 'summarize fails 2.5%']);
});

test('by state, what needs looking at is on top, and the others stay as they were', () => {
  const rows = sorted(replicaRows(statusOf()), REPLICA_KEYS, { by: 'state', reversed: false });
  assert.equal(
    rows.map(({ tag }) => tag),
    ['resnet:v2#2', 'resnet:v1#1', 'resnet:v1#2', 'resnet:v2#1', 'resnet:v3#1', 'bart:v4#1', 'bart:v4#2'],
  );
});

test('names ascend, numbers descend, and both can be turned round', () => {
  const rows = [replicaOf('b', { restarts: 1 }), replicaOf('a', { restarts: 2 })].map((row) => ({
    ...row,
    ...{ gpuShare: 0, cpu: null, memoryBytes: null, eventLoop: null },
  }));
  const order = (by: string, reversed: boolean): string =>
    sorted(rows, REPLICA_KEYS, { by, reversed })
      .map(({ tag }) => tag)
      .join('');
  assert.equal(
    [order('replica', false), order('replica', true), order('restarts', false), order('restarts', true)],
    ['ab', 'ba', 'ab', 'ba'],
  );
});

test('the column that follows the last is the first', () => {
  assert.is(neighbour(['a', 'b'], 'b', 1), 'a');
  assert.is(neighbour(['a', 'b'], 'a', -1), 'b');
  assert.is(neighbour(['a', 'b'], '', 1), 'a');
  assert.is(neighbour(['a', 'b'], '', -1), 'b');
});

test.run();
