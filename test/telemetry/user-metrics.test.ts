import { createRequire } from 'node:module';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUserMetrics } from '../../lib/telemetry/user-metrics.ts';

const test = suite('user metrics');
const labels = { backend: 'b', replica: 'b#1' };

const isPromClientLoaded = (): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('prom-client'));

// Of the whole process, so it has to be the first one.
test('prom-client is loaded by the first metric, not by a page without any', async () => {
  const metrics = createUserMetrics(labels);
  assert.equal(await metrics.toJSON(), []);
  assert.not.ok(isPromClientLoaded());
  metrics.counter({ name: 'first', help: 'h' });
  assert.ok(isPromClientLoaded());
});

test('metrics leave plain, with backend and replica added', async () => {
  const metrics = createUserMetrics(labels);
  metrics.counter({ name: 'c', help: 'C', labelNames: ['kind'] }).inc({ kind: 'x' }, 2);
  metrics.gauge({ name: 'g', help: 'G' }).set(-1.5);
  const found = await metrics.toJSON();
  assert.equal(structuredClone(found), [
    {
      name: 'c',
      help: 'C',
      type: 'counter',
      aggregator: 'sum',
      values: [{ value: 2, labels: { ...labels, kind: 'x' } }],
    },
    { name: 'g', help: 'G', type: 'gauge', aggregator: 'sum', values: [{ value: -1.5, labels }] },
  ]);
});

test('a histogram keeps its own buckets', async () => {
  const metrics = createUserMetrics(labels);
  metrics.histogram({ name: 'h', help: 'H', buckets: [1, 10] }).observe(5);
  assert.equal(await metrics.toJSON(), [
    {
      name: 'h',
      help: 'H',
      type: 'histogram',
      aggregator: 'sum',
      values: [
        { value: 0, labels: { ...labels, le: 1 }, metricName: 'h_bucket' },
        { value: 1, labels: { ...labels, le: 10 }, metricName: 'h_bucket' },
        { value: 1, labels: { ...labels, le: '+Inf' }, metricName: 'h_bucket' },
        { value: 5, labels, metricName: 'h_sum' },
        { value: 1, labels, metricName: 'h_count' },
      ],
    },
  ]);
});

test('the same name and kind give the same metric', () => {
  const metrics = createUserMetrics(labels);
  const options = { name: 'again', help: 'h' };
  assert.is(metrics.counter(options), metrics.counter(options));
  assert.is.not(metrics.counter(options), createUserMetrics(labels).counter(options));
});

test('another kind under the same name is refused, and so is what prom-client refuses', () => {
  const metrics = createUserMetrics(labels);
  metrics.counter({ name: 'taken', help: 'h' });
  const refusals: [() => unknown, RegExp][] = [
    [() => metrics.gauge({ name: 'taken', help: 'h' }), /'taken' is a Counter already, got a Gauge/],
    [() => metrics.histogram({ name: 'taken', help: 'h' }), /got a Histogram/],
    [() => metrics.counter({ name: 'bad name', help: 'h' }), /'bad name': Invalid metric name/],
    [() => metrics.counter({ name: 'helpless', help: '' }), /Missing mandatory help/],
    [() => metrics.histogram({ name: 'h', help: 'h', labelNames: ['le'] }), /reserved/],
  ];
  for (const [make, message] of refusals) {
    assert.throws(make, (error: unknown) => {
      assert.match(String(error), message);
      return error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT';
    });
  }
});

test('a name that was refused is free', () => {
  const metrics = createUserMetrics(labels);
  assert.throws(() => metrics.counter({ name: 'retried', help: '' }));
  assert.not.throws(() => metrics.gauge({ name: 'retried', help: 'h' }));
});

test('a collect that fails leaves the other metrics', async () => {
  const metrics = createUserMetrics(labels);
  metrics.gauge({ name: 'broken', help: 'h', collect: () => Promise.reject(new Error('no sensor')) });
  metrics.gauge({
    name: 'fine',
    help: 'h',
    collect() {
      this.set(3);
    },
  });
  const [broken, fine] = await metrics.toJSON();
  assert.equal(broken, { name: 'broken', error: 'collect failed: no sensor' });
  assert.match(JSON.stringify(fine), /"value":3/);
});

test.run();
