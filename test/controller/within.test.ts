import { MessageChannel } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { within } from '../../lib/controller/within.ts';
import { failureOf } from '../support/instance.ts';

const test = suite('within');

const tooLate = (): Error => new Error('too late');

/** Holds this thread up, as a stopped process is. */
const holdUp = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('gives what the work gives, and its failure', async () => {
  assert.is(await within(Promise.resolve(1), 60_000, tooLate), 1);
  assert.match(String(await failureOf(within(Promise.reject(new Error('no')), 60_000, tooLate))), /no/);
});

test('fails with what is given when the work does not end', async () => {
  assert.match(String(await failureOf(within(new Promise(() => {}), 1, tooLate))), /too late/);
});

test('takes what was there in time though this process was held up, and could not read it', async () => {
  const { port1, port2 } = new MessageChannel();
  const work = new Promise((resolve) => port1.once('message', resolve));
  await new Promise((resolve) => setImmediate(resolve)); // timers come next, before anything is read
  const result = within(work, 20, tooLate);
  port2.postMessage('there');
  holdUp(200);
  assert.is(await result, 'there');
  port1.close();
});

test('fails also when this process is held up again and again', async () => {
  const holding = setInterval(() => holdUp(150), 1);
  try {
    assert.match(String(await failureOf(within(new Promise(() => {}), 20, tooLate))), /too late/);
  } finally {
    clearInterval(holding);
  }
});

test.run();
