import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  constructorTries,
  deathsInARow,
  HEALTHY_AFTER_MS,
  restartPauseMs,
} from '../../lib/controller/restart-policy.ts';

const test = suite('restart policy');

for (const [deaths, pauseMs] of [
  [0, 0],
  [1, 0],
  [2, 100],
  [3, 200],
  [4, 400],
  [10, 25_600],
  [11, 30_000],
  [5_000, 30_000],
] as const) {
  test(`after ${deaths} deaths in a row it waits ${pauseMs} ms`, () => {
    assert.is(restartPauseMs(deaths), pauseMs);
  });
}

for (const [before, ranMs, now] of [
  [0, 0, 1],
  [3, 10, 4],
  [3, HEALTHY_AFTER_MS - 1, 4],
  [3, HEALTHY_AFTER_MS, 1],
  [3, 1e9, 1],
] as const) {
  test(`${before} deaths, and one after ${ranMs} ms: ${now} in a row`, () => {
    assert.is(deathsInARow(before, ranMs), now);
  });
}

for (const [numReplicas, tries] of [
  [0, 0],
  [1, 3],
  [3, 9],
  [6, 18],
  [7, 20],
  [100, 20],
] as const) {
  test(`constructors of ${numReplicas} replicas may fail ${tries} times`, () => {
    assert.is(constructorTries(numReplicas), tries);
  });
}

test('a minute of a replica that dies as soon as it runs has a dozen starts at most', () => {
  let at = 0;
  let starts = 0;
  for (let deaths = 1; at < 60_000; deaths++) {
    starts++;
    at += restartPauseMs(deaths);
  }
  assert.ok(starts <= 12, `${starts} starts`);
});

test.run();
