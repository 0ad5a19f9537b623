import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_STATS } from '../../lib/domain/stats.ts';
import { LatencySummary } from '../../lib/telemetry/latency-summary.ts';

const test = suite('latency summary');

/** Half a bucket and the rounding to four digits. */
const TOLERANCE = 2 ** (1 / 64) * 1.0006;

const latencies = fc.array(fc.double({ min: Math.log(0.001), max: Math.log(4e6), noNaN: true }).map(Math.exp), {
  minLength: 1,
  maxLength: 400,
});

function exact(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN;
}

function isNear(found: number | null, wanted: number): boolean {
  return found !== null && found / wanted <= TOLERANCE && wanted / found <= TOLERANCE;
}

test('percentiles are the exact ones to within half a bucket', () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const summary = new LatencySummary();
      for (const [at, ms] of values.entries()) summary.record(ms, false, at);
      const { p50Ms, p95Ms, p99Ms } = summary.stats(values.length);
      return (
        isNear(p50Ms, exact(values, 0.5)) && isNear(p95Ms, exact(values, 0.95)) && isNear(p99Ms, exact(values, 0.99))
      );
    }),
  );
});

test('a summary merged from the deltas of several equals one that saw everything', () => {
  fc.assert(
    fc.property(fc.array(latencies, { maxLength: 4 }), (parts) => {
      const whole = new LatencySummary();
      const merged = new LatencySummary();
      for (const part of parts) {
        const own = new LatencySummary();
        for (const [at, ms] of part.entries()) {
          own.record(ms, at % 3 === 0, 1e9);
          whole.record(ms, at % 3 === 0, 100);
        }
        const delta = own.takeDelta();
        if (delta !== null) merged.merge(structuredClone(delta), 100);
      }
      assert.equal(merged.stats(2_000), whole.stats(2_000));
    }),
  );
});

test('what is older than a minute no longer counts, wherever the clock stands', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 60_000, max: 1e7 }), (start, later) => {
      const summary = new LatencySummary();
      summary.record(10, true, start);
      assert.equal(summary.stats(start + later), NO_STATS);
      summary.record(20, false, start + later);
      assert.ok(isNear(summary.stats(start + later).p50Ms, 20));
    }),
  );
});

test('what is younger than 55 s counts, wherever the clock stands', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 55_000 }), (start, later) => {
      const summary = new LatencySummary();
      summary.record(10, false, start);
      summary.stats(start + later);
      assert.ok(isNear(summary.stats(start + later).p50Ms, 10));
    }),
  );
});

test('nothing recorded gives zero rates and null percentiles', () => {
  assert.equal(new LatencySummary().stats(5), { rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null });
});

test('rates are per second since the first record, and per second at the least', () => {
  const summary = new LatencySummary();
  for (let at = 0; at < 10; at += 1) summary.record(1, at < 4, 7_000);
  assert.equal([summary.stats(7_000).rate, summary.stats(7_000).errorRate], [10, 4]);
  assert.equal([summary.stats(9_000).rate, summary.stats(9_000).errorRate], [5, 2]);
  assert.equal([summary.stats(27_000).rate, summary.stats(27_000).errorRate], [0.5, 0.2]);
});

test('a steady load keeps its rate after many windows, at any moment of a slice', () => {
  const summary = new LatencySummary();
  for (let at = 0; at < 300_000; at += 10) {
    summary.record(3, at % 40 === 0, at);
    if (at < 2_000 || at % 1_230 !== 0) continue;
    const { rate, errorRate } = summary.stats(at);
    assert.ok(Math.abs(rate - 100) < 1, `${rate} at ${at}`);
    assert.ok(Math.abs(errorRate - 25) < 0.5, `${errorRate} at ${at}`);
  }
});

test('a query without a latency counts in the rates alone', () => {
  const summary = new LatencySummary();
  summary.record(null, true, 0);
  assert.equal(summary.stats(1_000), { rate: 1, errorRate: 1, p50Ms: null, p95Ms: null, p99Ms: null });
  summary.record(8, false, 1_000);
  assert.ok(isNear(summary.stats(1_000).p99Ms, 8));
});

test('latencies that are no latencies land in the first or the last bucket', () => {
  for (const ms of [0, -5, Number.NaN, 1e-9]) {
    const summary = new LatencySummary();
    summary.record(ms, false, 0);
    assert.ok(isNear(summary.stats(0).p50Ms, 0.001), `${ms}`);
  }
  const summary = new LatencySummary();
  summary.record(Number.POSITIVE_INFINITY, false, 0);
  assert.ok((summary.stats(0).p50Ms ?? 0) > 3_600_000);
});

test('a clock that steps back counts in the newest slice', () => {
  const summary = new LatencySummary();
  summary.record(1, false, 100_000);
  summary.record(1, false, 90_000);
  assert.is(summary.stats(100_000).rate, 2);
});

test('a delta takes everything out, is null for nothing and survives JSON', () => {
  const summary = new LatencySummary();
  assert.is(summary.takeDelta(), null);
  summary.record(10, false, 0);
  summary.record(10, true, 6_000);
  const delta = summary.takeDelta();
  assert.equal(JSON.parse(JSON.stringify(delta)), delta);
  assert.equal([delta?.count, delta?.failed, delta?.buckets[1]], [2, 1, 2]);
  assert.is(summary.takeDelta(), null);
  assert.equal(summary.stats(6_000), NO_STATS);
});

test.run();
