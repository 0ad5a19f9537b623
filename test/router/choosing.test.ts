import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseReplica } from '../../lib/router/choose-replica.ts';
import { Fifo } from '../../lib/router/fifo.ts';
import { RetryBudget } from '../../lib/router/retry-budget.ts';

const test = suite('choosing and queueing');

const replicas = (...loads: (number | 'full')[]) =>
  loads.map((load) => ({ isFull: load === 'full', ongoing: load === 'full' ? 0 : load }));

const CHOICES: [string, (number | 'full')[], number, number][] = [
  ['none at all', [], 0, -1],
  ['every one full', ['full', 'full'], 1, -1],
  ['the fewest ongoing', [3, 1, 2], 0, 1],
  ['a full one is passed over, however idle', ['full', 5], 0, 1],
  ['of equal ones the one whose turn it is', [1, 1, 1], 2, 2],
  ['of equal ones after the turn, around the end', ['full', 1, 1], 3, 1],
  ['an idle one at once', [4, 0, 0], 2, 2],
  ['a turn beyond the list, as replicas went away', [2, 1], 7, 1],
];

for (const [what, loads, turn, wanted] of CHOICES) {
  test(`a query meets: ${what}`, () => assert.is(chooseReplica(replicas(...loads), turn), wanted));
}

test('a queue gives its items in order, puts back in front and skips those that are over', () => {
  const queue = new Fifo<{ id: number; isOver: boolean }>();
  const items = Array.from({ length: 5 }, (_, id) => ({ id, isOver: false }));
  for (const item of items) queue.push(item);
  const [first, second] = [queue.shift(), queue.shift()];
  assert.equal([first?.id, second?.id, queue.size], [0, 1, 3]);
  queue.putBack(second as (typeof items)[0]);
  queue.putBack(first as (typeof items)[0]);
  (items[1] as { isOver: boolean }).isOver = true;
  queue.itemLeft();
  assert.equal([queue.size, queue.waiting().map(({ id }) => id)], [4, [0, 2, 3, 4]]);
  assert.equal(
    [queue.shift()?.id, queue.shift()?.id, queue.shift()?.id, queue.shift()?.id, queue.shift()],
    [0, 2, 3, 4, undefined],
  );
  assert.is(queue.size, 0);
});

test('a queue of a hundred thousand that are given up sweeps them out and keeps the rest in order', () => {
  const queue = new Fifo<{ id: number; isOver: boolean }>();
  const items = Array.from({ length: 100_000 }, (_, id) => ({ id, isOver: false }));
  for (const item of items) queue.push(item);
  for (const item of items) {
    if (item.id % 1000 === 0) continue;
    item.isOver = true;
    queue.itemLeft();
  }
  assert.is(queue.size, 100);
  const kept: number[] = [];
  for (let item = queue.shift(); item; item = queue.shift()) kept.push(item.id);
  assert.equal(
    kept,
    Array.from({ length: 100 }, (_, i) => i * 1000),
  );
  assert.is(queue.size, 0);
});

test('second runs are at most a fifth of what is under way and at least three, and three per query', () => {
  const budget = new RetryBudget();
  const queries = Array.from({ length: 100 }, () => ({ retries: 0 }));
  for (const _ of queries) budget.began();
  assert.is(queries.filter((query) => budget.take(query)).length, 20);
  for (const query of queries.slice(0, 20)) budget.ended(query);
  assert.is(queries.slice(20).filter((query) => budget.take(query)).length, 16);
  const few = new RetryBudget();
  const fresh = Array.from({ length: 5 }, () => ({ retries: 0 }));
  for (const _ of fresh) few.began();
  assert.is(fresh.filter((query) => few.take(query)).length, 3);
  assert.is(few.take({ retries: 3 }), false);
});

test.run();
