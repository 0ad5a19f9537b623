import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunQueue } from '../../lib/replica/run-queue.ts';

const test = suite('RunQueue');

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('runs what comes at once, as long as nothing holds the thread', () => {
  const ran: number[] = [];
  const queue = new RunQueue<number>((item) => ran.push(item));
  for (let i = 0; i < 100; i++) queue.push(i);
  assert.is(ran.length, 100);
});

test('after one that held the thread, runs the next in a later turn, in order', async () => {
  const ran: number[] = [];
  const queue = new RunQueue<number>((item) => {
    ran.push(item);
    block(3);
  });
  for (let i = 0; i < 4; i++) queue.push(i);
  assert.equal(ran, [0]);
  for (let turns = 1; turns <= 3; turns++) {
    await turn();
    assert.equal(ran, [0, 1, 2, 3].slice(0, turns + 1));
    if (turns === 1) queue.push(4); // who waits goes first
  }
  await turn();
  assert.equal(ran, [0, 1, 2, 3, 4]);
});

test('holds everything until it is released, also what already waited', async () => {
  const ran: number[] = [];
  const queue = new RunQueue<number>((item) => {
    ran.push(item);
    if (item === 0) block(3);
  });
  queue.push(0);
  queue.push(1);
  queue.hold();
  queue.push(2);
  await turn();
  await turn();
  assert.equal(ran, [0]);
  queue.release();
  assert.equal(ran, [0, 1, 2]);
  queue.push(3);
  assert.equal(ran, [0, 1, 2, 3]);
});

test.run();
