import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bucketRows } from '../../../tui/model/buckets.ts';

const test = suite('buckets');

const queue = [
  { upToMs: 1, count: 5 },
  { upToMs: 2, count: 3 },
];
const code = [
  { upToMs: 2, count: 1 },
  { upToMs: 4, count: 7 },
  { upToMs: 8, count: 2 },
];

test('histograms stand side by side, each bound once', () => {
  assert.equal(bucketRows([queue, code], 10), [
    { upToMs: 1, counts: [5, 0] },
    { upToMs: 2, counts: [3, 1] },
    { upToMs: 4, counts: [0, 7] },
    { upToMs: 8, counts: [0, 2] },
  ]);
});

test('where there is no room for all, neighbours are added up and nothing is lost', () => {
  assert.equal(bucketRows([queue, code], 2), [
    { upToMs: 2, counts: [8, 1] },
    { upToMs: 8, counts: [0, 9] },
  ]);
  assert.equal(bucketRows([queue, code], 0), [{ upToMs: 8, counts: [8, 10] }].slice(0, 1));
});

test('of nothing there are no rows', () => {
  assert.equal(bucketRows([[], []], 5), []);
});

test.run();
