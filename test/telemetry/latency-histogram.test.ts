import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LATENCY_BUCKETS_MS, LatencyHistogram } from '../../lib/telemetry/latency-histogram.ts';

const test = suite('latency histogram');

test('a latency on a bound is in the bucket that ends there', () => {
  for (const [bucket, bound] of LATENCY_BUCKETS_MS.entries()) {
    const histogram = new LatencyHistogram();
    histogram.observe(bound);
    histogram.observe(bound + 0.01);
    const { counts } = histogram.counts();
    assert.equal([counts[bucket], counts[bucket + 1]], [1, 1], `${bound}`);
  }
});

test('what is no latency counts as zero and leaves the sum a number', () => {
  const histogram = new LatencyHistogram();
  for (const ms of [Number.NaN, -1, 0, 2.5]) histogram.observe(ms);
  const { counts, sumMs } = histogram.counts();
  assert.equal([counts[0], counts[2], sumMs], [3, 1, 2.5]);
});

test('counts add up when merged and are zero after a reset', () => {
  const one = new LatencyHistogram();
  const other = new LatencyHistogram();
  one.observe(3);
  other.observe(4);
  other.observe(6_000);
  one.merge(other.counts());
  assert.equal([one.counts().counts[2], one.counts().counts[12], one.counts().sumMs], [2, 1, 6_007]);
  one.reset();
  assert.equal(one.counts(), new LatencyHistogram().counts());
});

test.run();
