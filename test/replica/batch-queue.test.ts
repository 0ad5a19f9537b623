import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BatchQueue } from '../../lib/replica/batch-queue.ts';

const test = suite('BatchQueue');

test.before.each(() => mock.timers.enable({ apis: ['setTimeout'] }));
test.after.each(() => mock.timers.reset());

function newQueue(maxSize: number, waitTimeoutMs: number): { queue: BatchQueue<number>; batches: number[][] } {
  const batches: number[][] = [];
  const queue = new BatchQueue<number>((batch) => batches.push(batch));
  queue.configure(maxSize, waitTimeoutMs);
  return { queue, batches };
}

test('without a wait, takes what has arrived in this turn, and one batch a turn', async () => {
  const { queue, batches } = newQueue(3, 0);
  for (let i = 0; i < 7; i++) queue.push(i);
  assert.equal(batches, []);
  await turn();
  assert.equal(batches, [[0, 1, 2]]);
  await turn();
  await turn();
  assert.equal(batches, [[0, 1, 2], [3, 4, 5], [6]]);
});

test('with a wait, runs when it is full or when its first item has waited so long', async () => {
  const { queue, batches } = newQueue(3, 100);
  queue.push(0);
  mock.timers.tick(60);
  queue.push(1);
  mock.timers.tick(39);
  await turn();
  assert.equal(batches, []);
  mock.timers.tick(1);
  await turn();
  assert.equal(batches, [[0, 1]], 'the second one did not begin the wait anew');
  for (let i = 2; i < 5; i++) queue.push(i);
  await turn();
  assert.equal(batches.at(-1), [2, 3, 4]);
  mock.timers.tick(1000);
  await turn();
  assert.is(batches.length, 2, 'no timer was left behind');
});

test('an item that is removed is in no batch and fills no place', async () => {
  const { queue, batches } = newQueue(2, 100);
  queue.push(0);
  queue.remove(0);
  assert.is(queue.length, 0);
  queue.push(1);
  await turn();
  assert.equal(batches, []);
  queue.push(2);
  await turn();
  assert.equal(batches, [[1, 2]]);
});

test('waits anew once everything that waited was removed', async () => {
  const { queue, batches } = newQueue(2, 100);
  queue.push(0);
  mock.timers.tick(90);
  queue.remove(0);
  queue.push(1);
  mock.timers.tick(90);
  await turn();
  assert.equal(batches, []);
  mock.timers.tick(10);
  await turn();
  assert.equal(batches, [[1]]);
});

test('runs nothing while it is held, and all of it afterwards', async () => {
  const { queue, batches } = newQueue(2, 0);
  queue.hold();
  for (let i = 0; i < 3; i++) queue.push(i);
  await turn();
  assert.equal(batches, []);
  queue.release();
  await turn();
  await turn();
  assert.equal(batches, [[0, 1], [2]]);
});

test('a smaller size and a shorter wait apply to what waits already', async () => {
  const { queue, batches } = newQueue(10, 60_000);
  for (let i = 0; i < 3; i++) queue.push(i);
  queue.configure(2, 60_000);
  await turn();
  assert.equal(batches, [[0, 1]]);
  queue.configure(2, 0);
  await turn();
  assert.equal(batches, [[0, 1], [2]]);
});

test.run();
