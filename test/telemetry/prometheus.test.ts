import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Meters } from '../../lib/telemetry/meters.ts';
import { type ReplicaGauge, renderMetrics } from '../../lib/telemetry/prometheus.ts';
import { createUserMetrics } from '../../lib/telemetry/user-metrics.ts';
import { parsePrometheus, seriesValue } from '../support/parse-prometheus.ts';

const test = suite('prometheus');
const GAUGES: readonly ReplicaGauge[] = [{ backend: 'b:v1', replica: 'b:v1#1', queued: 3, processing: 2 }];

function someMeters(): Meters {
  const meters = new Meters({ keep: 'everything' });
  meters.endpoint('e').routed();
  meters.backend('b:v1').finished(0.5, 30, false, 0);
  meters.backend('b:v1').finished(7, 9_000, true, 0);
  for (const size of [1, 8]) meters.backend('b:v1').ranBatch(size, 0);
  meters.replicaStarted('b:v1', 'b:v1#1');
  meters.httpFinished('/x/{id:int}', 'GET', 200, 31);
  meters.httpFinished('unmatched', 'GET', 404, 0.2);
  return meters;
}

const render = async (replicas: readonly (readonly unknown[])[] = [], meters = someMeters()) =>
  (await renderMetrics(meters, GAUGES, replicas)).text;

const plain = (name: string, type = 'counter', more: object = {}): unknown => ({
  name,
  help: 'theirs',
  type,
  aggregator: 'sum',
  values: [{ value: 1, labels: { replica: 'r' } }],
  ...more,
});

test('every metric of the contract is there under its name and labels', async () => {
  const { text, contentType } = await renderMetrics(someMeters(), GAUGES, []);
  assert.is(contentType, 'text/plain; version=0.0.4; charset=utf-8');
  const page = parsePrometheus(text);
  const replica = { backend: 'b:v1', replica: 'b:v1#1' };
  const expected: [string, Record<string, string>, number][] = [
    ['serve_backend_request_counter', { backend: 'b:v1' }, 2],
    ['serve_backend_error_counter', { backend: 'b:v1' }, 1],
    ['serve_backend_replica_starts', replica, 1],
    ['serve_backend_queuing_latency_ms_bucket', { backend: 'b:v1', le: '1' }, 1],
    ['serve_backend_queuing_latency_ms_bucket', { backend: 'b:v1', le: '10' }, 2],
    ['serve_backend_queuing_latency_ms_sum', { backend: 'b:v1' }, 7.5],
    ['serve_backend_processing_latency_ms_bucket', { backend: 'b:v1', le: '5000' }, 1],
    ['serve_backend_processing_latency_ms_bucket', { backend: 'b:v1', le: '+Inf' }, 2],
    ['serve_backend_processing_latency_ms_count', { backend: 'b:v1' }, 2],
    ['serve_replica_queued_queries', replica, 3],
    ['serve_replica_processing_queries', replica, 2],
    ['serve_num_http_requests', { route: '/x/{id:int}', method: 'GET', status: '200' }, 1],
    ['serve_num_http_requests', { route: 'unmatched', method: 'GET', status: '404' }, 1],
    ['serve_num_router_requests', { endpoint: 'e' }, 1],
    ['serve_http_latency_ms_count', { route: '/x/{id:int}', method: 'GET' }, 1],
    ['serve_backend_batch_size_bucket', { backend: 'b:v1', le: '2' }, 1],
    ['serve_backend_batch_size_sum', { backend: 'b:v1' }, 9],
    ['serve_metrics_dropped', {}, 0],
  ];
  for (const [name, labels, value] of expected) assert.is(seriesValue(page, name, labels), value, name);
  assert.not.match(text, /_total/);
});

test('the buckets are those of the contract', async () => {
  const page = parsePrometheus(await render());
  const bounds = page
    .get('serve_http_latency_ms')
    ?.samples.flatMap(({ labels: { le, route } }) => (le !== undefined && route === 'unmatched' ? [le] : []));
  assert.is(bounds?.join(' '), '1 2 5 10 20 50 100 200 500 1000 2000 5000 +Inf');
});

test('an instance where nothing has happened has a readable page', async () => {
  const { text } = await renderMetrics(new Meters({ keep: 'declared' }), [], []);
  assert.is(parsePrometheus(text).size, 12);
});

test('metrics of users stand beside ours, one series per replica', async () => {
  const replicas = await Promise.all(
    ['r1', 'r2'].map(async (replica, at) => {
      const metrics = createUserMetrics({ backend: 'b', replica });
      metrics.counter({ name: 'tokens', help: 'a\nb', labelNames: ['kind'] }).inc({ kind: 'a"b\\c\nd' }, at + 1);
      metrics.histogram({ name: 'sizes', help: 'h', buckets: [1, 2] }).observe(1.5);
      return structuredClone(await metrics.toJSON());
    }),
  );
  const page = parsePrometheus(await render(replicas));
  assert.is(seriesValue(page, 'tokens', { backend: 'b', replica: 'r1', kind: 'a"b\\c\nd' }), 1);
  assert.is(seriesValue(page, 'tokens', { backend: 'b', replica: 'r2', kind: 'a"b\\c\nd' }), 2);
  assert.is(seriesValue(page, 'sizes_bucket', { backend: 'b', replica: 'r2', le: '2' }), 1);
  assert.is(seriesValue(page, 'serve_metrics_dropped'), 0);
});

test('a conflicting name is left out, counted and named, and ours wins', async () => {
  const cases: [string, unknown[][], string][] = [
    ['ours', [[plain('serve_num_http_requests')]], 'serve_num_http_requests belongs to servelab'],
    ['a sample of ours', [[plain('serve_http_latency_ms_count')]], 'belongs to servelab'],
    ['two kinds', [[plain('m', 'gauge')], [plain('m')]], 'left out m: m belongs to the gauge m'],
    ['two kinds in one replica', [[plain('m', 'gauge'), plain('m')]], 'm belongs to the gauge m'],
    [
      'a sample of theirs',
      [[plain('h', 'histogram', { values: [] })], [plain('h_sum')]],
      'h_sum belongs to the histogram h',
    ],
  ];
  for (const [title, replicas, comment] of cases) {
    const text = await render([[plain('good')], ...replicas]);
    const page = parsePrometheus(text);
    assert.is(seriesValue(page, 'serve_metrics_dropped'), 1, title);
    assert.is(seriesValue(page, 'good', { replica: 'r' }), 1, title);
    assert.is(seriesValue(page, 'serve_num_http_requests', { route: 'unmatched', method: 'GET', status: '404' }), 1);
    assert.match(text.split('\n').at(-2) ?? '', comment, title);
  }
});

test('a malformed metric is left out and the others stay', async () => {
  const bad: unknown[] = [
    null,
    7,
    {},
    plain('no spaces'),
    plain('a\nserve_forged 1'),
    plain('constructor'),
    plain('__proto__'),
    plain('x', 'enum'),
    plain('x', 'counter', { help: undefined }),
    plain('x', 'counter', { aggregator: 'median' }),
    plain('x', 'counter', { values: 3 }),
    plain('x', 'counter', { values: [{ value: '1', labels: {} }] }),
    plain('x', 'counter', { values: [{ value: 1, labels: { 'a b': 1 } }] }),
    plain('x', 'counter', { values: [{ value: 1, labels: { a: { toString: 1 } } }] }),
    plain('x', 'counter', { values: [{ value: 1, labels: {}, metricName: 'serve_forged' }] }),
    plain('x', 'histogram', { values: [{ value: 1, labels: {} }] }),
    plain('x', 'histogram', {
      values: [{ value: 1, labels: { le: Number.POSITIVE_INFINITY }, metricName: 'x_bucket' }],
    }),
    { name: 'x', error: 'collect failed: \u001b[31mred\nserve_forged 1' },
  ];
  const text = await render([[...bad, plain('good')]]);
  const page = parsePrometheus(text);
  assert.is(seriesValue(page, 'serve_metrics_dropped'), bad.length);
  assert.is(seriesValue(page, 'good', { replica: 'r' }), 1);
  assert.not.match(text, /^serve_forged/m);
  assert.not.ok(text.includes('\u001b'));
});

test('comments about what was left out are few', async () => {
  const text = await render([Array.from({ length: 500 }, (_, at) => plain(`bad ${at}`))]);
  const comments = text.split('\n').filter((line) => line.startsWith('# servelab'));
  assert.equal([comments.length, comments.at(-1)], [21, '# servelab left out 480 more']);
});

test('a user may omit a metric, or sum one over replicas', async () => {
  const text = await render([
    [plain('hidden', 'gauge', { aggregator: 'omit' }), plain('shared')],
    [plain('hidden', 'gauge', { aggregator: 'omit' }), plain('shared')],
  ]);
  assert.not.match(text, /hidden/);
  assert.is(seriesValue(parsePrometheus(text), 'shared', { replica: 'r' }), 2);
});

test("a sample that says its metric's own name and one that says none are one series", async () => {
  const values = [
    { value: 1, labels: {}, metricName: 'm' },
    { value: 2, labels: {} },
  ];
  const page = parsePrometheus(await render([[plain('m', 'counter', { values })]]));
  assert.equal(page.get('m')?.samples, [{ name: 'm', labels: {}, value: 3 }]);
});

test('whatever replicas send, the page stays readable and ours is on it', async () => {
  const word = fc.oneof(
    fc.constantFrom('m', 'm_sum', 'm_bucket', 'serve_http_latency_ms', 'le', '__proto__', 'toString', ''),
    fc.string({ unit: 'binary' }),
  );
  const label = fc.oneof(word, fc.double(), fc.boolean(), fc.anything());
  const sample = fc.record(
    {
      value: fc.oneof(fc.double(), fc.anything()),
      labels: fc.oneof(fc.dictionary(fc.oneof(fc.constantFrom('a', 'b'), word), label), fc.anything()),
      metricName: fc.oneof(word, fc.constant(undefined)),
    },
    { requiredKeys: ['value'] },
  );
  const metric = fc.record(
    {
      name: word,
      help: fc.oneof(word, fc.anything()),
      type: fc.constantFrom('counter', 'gauge', 'summary', 'other'),
      aggregator: fc.constantFrom('sum', 'min', 'omit', 'x', undefined),
      values: fc.array(sample, { maxLength: 3 }),
    },
    { requiredKeys: ['name', 'help', 'type', 'values'] },
  );
  const replicas = fc.array(fc.array(fc.oneof(metric, fc.anything()), { maxLength: 4 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(replicas, async (given) => {
      assert.is(seriesValue(parsePrometheus(await render(given)), 'serve_num_router_requests', { endpoint: 'e' }), 1);
    }),
    { numRuns: 500 },
  );
});

test('promtool reads the page and finds nothing but our names, which the contract fixes', async () => {
  const metrics = createUserMetrics({ backend: 'b', replica: 'r' });
  metrics
    .gauge({ name: 'temperature_celsius', help: 'h', labelNames: ['where'] })
    .set({ where: 'a"b\\c\nd\u2028é' }, Number.NaN);
  const input = await render([await metrics.toJSON(), [plain('bad name')]]);
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  if (error !== undefined) {
    assert.not(process.env.SERVELAB_REQUIRE_ALL === '1', `promtool is needed: ${error.message}`);
    return;
  }
  // 3: read whole, with remarks on style. 1: not readable.
  assert.ok(status === 0 || status === 3, `${stdout}${stderr}`);
  const remarks = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('serve_'));
  assert.equal(remarks, []);
});

test.run();
