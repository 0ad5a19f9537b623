import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CallOrder } from '../../lib/domain/call-order.ts';

const test = suite('CallOrder');

test('those of one name come in the order of the calls, however they are ready; others do not wait', async () => {
  const order = new CallOrder();
  const first = Promise.withResolvers<string>();
  const came: string[] = [];
  const all = [first.promise, Promise.resolve('second'), Promise.resolve('third')].map((prepared) =>
    order.after('a', prepared).then((value) => came.push(value)),
  );
  came.push(await order.after('b', Promise.resolve('other')));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(came, ['other']);
  first.resolve('first');
  await Promise.all(all);
  assert.equal(came, ['other', 'first', 'second', 'third']);
});

test('one that fails is told so in its turn, and those after it go on', async () => {
  const order = new CallOrder();
  const first = Promise.withResolvers<string>();
  const came: string[] = [];
  const note = (value: string): number => came.push(value);
  const all = [first.promise, Promise.reject(new Error('second failed')), Promise.resolve('third')].map((prepared) =>
    order.after('a', prepared).then(note, (error: Error) => note(error.message)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(came, []);
  first.reject(new Error('first failed'));
  await Promise.all(all);
  assert.equal(came, ['first failed', 'second failed', 'third']);
  assert.is(await order.after('a', Promise.resolve('later')), 'later');
});

test.run();
