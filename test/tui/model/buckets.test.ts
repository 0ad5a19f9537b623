import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bucketRows } from '../../../tui/model/buckets.ts';

const test = suite('buckets');

const of = (counts: readonly number[], firstMs: number) =>
  counts.map((count, at) => ({ upToMs: firstMs * 2 ** (at / 4), count }));
/** With bounds in whole ms where they are. */
const rowsOf = (...given: Parameters<typeof bucketRows>) =>
  bucketRows(...given).map(({ upToMs, counts }) => [Number(upToMs.toPrecision(2)), ...counts]);

test('histograms stand side by side, each bound once', () => {
  assert.equal(rowsOf([of([5, 3], 1), of([1, 7], 2 ** 0.25)], 10), [
    [1, 5, 0],
    [1.2, 3, 1],
    [1.4, 0, 7],
  ]);
});

test('what lies between them has its place, too: the scale is the same all the way', () => {
  assert.equal(rowsOf([of([5], 1), of([7], 2)], 10), [
    [1, 5, 0],
    [1.2, 0, 0],
    [1.4, 0, 0],
    [1.7, 0, 0],
    [2, 0, 7],
  ]);
});

test('where there is no room for all, neighbours are added up and nothing is lost', () => {
  assert.equal(rowsOf([of([5, 3, 2, 1], 1), of([1, 1, 1, 1], 1)], 2), [
    [1.2, 8, 2],
    [1.7, 3, 2],
  ]);
  assert.equal(rowsOf([of([5, 3], 1)], 0), [[1.2, 8]]);
});

test('of nothing there are no rows', () => {
  assert.equal(bucketRows([[], []], 5), []);
});

test.run();
