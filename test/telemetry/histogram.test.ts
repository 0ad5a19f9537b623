import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Histogram, LATENCY_BUCKETS_MS } from '../../lib/telemetry/histogram.ts';

const test = suite('histogram');

test('a latency on a bound is in the bucket that ends there', () => {
  for (const [bucket, bound] of LATENCY_BUCKETS_MS.entries()) {
    const histogram = new Histogram(LATENCY_BUCKETS_MS);
    histogram.observe(bound);
    histogram.observe(bound + 0.01);
    const { counts } = histogram.counts();
    assert.equal([counts[bucket], counts[bucket + 1]], [1, 1], `${bound}`);
  }
});

test('what is no latency counts as zero and leaves the sum a number', () => {
  const histogram = new Histogram(LATENCY_BUCKETS_MS);
  for (const ms of [Number.NaN, -1, 0, 2.5]) histogram.observe(ms);
  const { counts, sum } = histogram.counts();
  assert.equal([counts[0], counts[2], sum], [3, 1, 2.5]);
});

test('counts add up when merged and are zero after a reset', () => {
  const one = new Histogram(LATENCY_BUCKETS_MS);
  const other = new Histogram(LATENCY_BUCKETS_MS);
  one.observe(3);
  other.observe(4);
  other.observe(6_000);
  one.merge(other.counts());
  assert.equal([one.counts().counts[2], one.counts().counts[12], one.counts().sum], [2, 1, 6_007]);
  one.reset();
  assert.equal(one.counts(), new Histogram(LATENCY_BUCKETS_MS).counts());
});

test.run();
