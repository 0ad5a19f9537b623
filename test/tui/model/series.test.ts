import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KEPT_SECONDS, SeriesStore } from '../../../tui/model/series.ts';
import { statsOf, statusOf } from '../fixture.ts';

const test = suite('series');

const endpoint = (rate: number) => {
  const status = statusOf();
  return { ...status, endpoints: { e: { route: null, methods: [], traffic: {}, shadows: {}, stats: statsOf(rate) } } };
};

test('values come oldest first, and seconds of which nothing is known are gaps', () => {
  const series = new SeriesStore();
  series.take(endpoint(1), 10_000);
  series.take(endpoint(2), 11_200);
  series.take(endpoint(4), 13_900);
  assert.equal(series.values('endpoint', 'e', 'rate', 5), [null, 1, 2, null, 4]);
});

test('of a second the last snapshot counts', () => {
  const series = new SeriesStore();
  series.take(endpoint(1), 10_000);
  series.take(endpoint(7), 10_900);
  assert.equal(series.values('endpoint', 'e', 'rate', 2), [null, 7]);
});

test('what is deleted is forgotten, also when it comes again', () => {
  const series = new SeriesStore();
  series.take(endpoint(1), 10_000);
  series.take(statusOf({ endpoints: {} }), 11_000);
  assert.equal(series.values('endpoint', 'e', 'rate', 2), []);
  series.take(endpoint(3), 12_000);
  assert.equal(series.values('endpoint', 'e', 'rate', 3), [null, null, 3]);
});

test('after a gap longer than what is kept nothing old is left', () => {
  const series = new SeriesStore();
  series.take(endpoint(1), 10_000);
  series.take(endpoint(2), 10_000 + 3 * KEPT_SECONDS * 1_000);
  const values = series.values('endpoint', 'e', 'rate', KEPT_SECONDS);
  assert.is(values.filter((value) => value !== null).length, 1);
});

test('a clock that is set back spoils nothing', () => {
  const series = new SeriesStore();
  series.take(endpoint(1), 20_000);
  series.take(endpoint(2), 10_000);
  assert.equal(series.values('endpoint', 'e', 'rate', 1), [1]);
});

test('an hour of snapshots takes no more memory than a quarter of one', () => {
  const series = new SeriesStore();
  for (let second = 0; second < 3_600; second++) series.take(endpoint(second), second * 1_000);
  assert.is(series.values('endpoint', 'e', 'rate', 10_000).length, KEPT_SECONDS);
});

test.run();
