import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecentBatches } from '../../lib/telemetry/recent-batches.ts';

const test = suite('recent batches');

test('the last minute counts, by size', () => {
  const batches = new RecentBatches();
  for (const size of [8, 1, 8]) batches.record(size, 10_000);
  batches.record(2, 40_000);
  const sizes = [
    { size: 1, count: 1 },
    { size: 2, count: 1 },
    { size: 8, count: 2 },
  ];
  assert.equal(batches.distribution(64_999), { count: 4, queries: 19, sizes });
  assert.equal(batches.distribution(70_000), { count: 1, queries: 2, sizes: [{ size: 2, count: 1 }] });
  assert.equal(batches.distribution(1_000_000), { count: 0, queries: 0, sizes: [] });
});

test('a delta carries everything once', () => {
  const [one, other] = [new RecentBatches(), new RecentBatches()];
  for (const size of [3, 3, 5]) one.record(size, 99_000_000);
  other.record(5, 0);
  other.merge(structuredClone(one.takeDelta()), 0);
  assert.equal(one.takeDelta(), []);
  const sizes = [
    { size: 3, count: 2 },
    { size: 5, count: 2 },
  ];
  assert.equal(other.distribution(0), { count: 4, queries: 16, sizes });
});

test('large sizes are kept by two digits', () => {
  const batches = new RecentBatches();
  for (let size = 1; size <= 10_000; size++) batches.record(size, 0);
  const { sizes } = batches.distribution(0);
  assert.ok(sizes.length < 310, `${sizes.length} sizes`);
  assert.ok(sizes.every(({ size, count }) => size > 128 || count === 1));
});

test('a time before the newest slice of a size counts in that one', () => {
  const batches = new RecentBatches();
  batches.record(1, 50_000);
  batches.record(1, 0);
  assert.is(batches.distribution(50_000).count, 2);
});

test.run();
