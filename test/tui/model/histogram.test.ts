import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Readings, readHistograms, totalOf } from '../../../tui/model/histogram.ts';

const test = suite('histogram');

const textOf = (one: number, two: number, all: number): string =>
  [
    '# TYPE serve_backend_queuing_latency_ms histogram',
    `serve_backend_queuing_latency_ms_bucket{backend="v1",le="1"} ${one}`,
    `serve_backend_queuing_latency_ms_bucket{backend="v1",le="+Inf"} ${all}`,
    `serve_backend_processing_latency_ms_bucket{backend="v1",le="1"} ${one}`,
    `serve_backend_processing_latency_ms_bucket{backend="v1",le="2"} ${two}`,
    `serve_backend_processing_latency_ms_bucket{le="+Inf",backend="v1"} ${all}`,
    'serve_backend_processing_latency_ms_sum{backend="v1"} 12',
  ].join('\n');

test('buckets are taken apart, whatever the order of their labels', () => {
  const found = readHistograms(textOf(1, 3, 7)).get('v1');
  assert.equal(found?.processing, { boundsMs: [1, 2, Number.POSITIVE_INFINITY], counts: [1, 2, 4] });
  assert.equal(found?.queuing.counts, [1, 6]);
});

test('a window holds what was counted in it', () => {
  const readings = new Readings();
  readings.take(readHistograms(textOf(1, 3, 7)), 0);
  readings.take(readHistograms(textOf(2, 5, 9)), 5_000);
  readings.take(readHistograms(textOf(4, 9, 19)), 10_000);
  assert.equal(readings.window('v1', 5_000)?.processing.counts, [2, 2, 6]);
  assert.equal(readings.window('v1', 60_000)?.processing.counts, [3, 3, 6]);
  assert.is(readings.window('v1', 60_000)?.ms, 10_000);
});

test('before there is a second reading all of the first counts', () => {
  const readings = new Readings();
  assert.is(readings.window('v1', 1_000), null);
  readings.take(readHistograms(textOf(1, 3, 7)), 0);
  assert.is(readings.window('v1', 1_000)?.ms, null);
  assert.is(totalOf(readings.window('v1', 1_000)?.processing ?? { boundsMs: [], counts: [] }), 7);
  assert.is(readings.window('unknown', 1_000), null);
});

test('counters that began anew count from there', () => {
  const readings = new Readings();
  readings.take(readHistograms(textOf(10, 30, 70)), 0);
  readings.take(readHistograms(textOf(1, 3, 7)), 1_000);
  assert.equal(readings.window('v1', 60_000)?.processing.counts, [1, 2, 4]);
});

test.run();
