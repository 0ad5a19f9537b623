import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HealthWatch } from '../../lib/controller/health-watch.ts';

const test = suite('HealthWatch');
const PERIOD_MS = 1000;

test.before.each(() => mock.timers.enable({ apis: ['setTimeout'] }));
test.after.each(() => mock.timers.reset());

type Outcome = 'ok' | 'fails' | 'silent';

/** A watch over checks with the given outcomes; past their end they are well. */
function watch(outcomes: readonly Outcome[]) {
  let now = 0;
  let checks = 0;
  let isWaiting = false;
  const failures: number[] = [];
  const givenUp: string[] = [];
  const health = new HealthWatch({
    check: () => {
      const outcome = outcomes[checks++] ?? 'ok';
      if (outcome === 'silent') return new Promise(() => {});
      return outcome === 'ok' ? Promise.resolve() : Promise.reject(new Error('ill'));
    },
    isWaiting: () => isWaiting,
    periodMs: () => PERIOD_MS,
    now: () => now,
    failed: (count) => failures.push(count),
    givenUp: (reason) => givenUp.push(reason),
  });
  /** `tookMs`: what the clock shows, when that is more than the timer was set to. */
  const pass = async (tookMs = PERIOD_MS): Promise<void> => {
    now += tookMs;
    mock.timers.tick(PERIOD_MS);
    await turn();
  };
  const setWaiting = (value: boolean): void => {
    isWaiting = value;
  };
  return { health, failures, givenUp, pass, setWaiting, checks: () => checks };
}

test('checks once a period', async () => {
  const { pass, checks, givenUp, health } = watch([]);
  assert.is(checks(), 0);
  for (let i = 1; i <= 5; i++) {
    await pass();
    assert.is(checks(), i);
  }
  assert.equal(givenUp, []);
  health.stop();
});

test('gives up after three failures in a row, saying the last one, and checks no more', async () => {
  const { pass, checks, givenUp, failures } = watch(['fails', 'fails', 'fails']);
  for (let i = 0; i < 6; i++) await pass();
  assert.equal(failures, [1, 2, 3]);
  assert.equal(givenUp, ['it failed 3 health checks in a row: ill']);
  assert.is(checks(), 3);
});

test('counts from the beginning after a success', async () => {
  const { pass, givenUp, failures, health } = watch(['fails', 'fails', 'ok', 'fails', 'fails', 'ok']);
  for (let i = 0; i < 8; i++) await pass();
  assert.equal(failures, [1, 2, 1, 2]);
  assert.equal(givenUp, []);
  health.stop();
});

test('gives up, within two periods, on a check that has no answer when the next is due', async () => {
  const { pass, givenUp, checks } = watch(['silent']);
  await pass();
  assert.equal(givenUp, []);
  await pass();
  assert.is(givenUp.length, 1);
  assert.match(givenUp[0] ?? '', /no answer to a health check for 1000 ms/);
  assert.is(checks(), 1);
});

test('does not judge by a tick that comes late: this process was held up, not the replica', async () => {
  const { pass, givenUp } = watch(['silent']);
  await pass();
  await pass(5 * PERIOD_MS);
  assert.equal(givenUp, []);
  await pass();
  assert.is(givenUp.length, 1, 'but by the next one, which is in time');
});

test('does not judge by a tick that is late by less than a period either, but where all are, by the second', async () => {
  const { pass, givenUp } = watch(['ok', 'silent']);
  await pass(1.5 * PERIOD_MS);
  await pass(1.5 * PERIOD_MS);
  await pass(1.5 * PERIOD_MS);
  assert.equal(givenUp, []);
  await pass(1.5 * PERIOD_MS);
  assert.is(givenUp.length, 1);
});

test('asks no answer of a replica that blocks for a result of its own, and asks it afterwards', async () => {
  const { pass, givenUp, setWaiting } = watch(['silent']);
  await pass();
  setWaiting(true);
  for (let i = 0; i < 5; i++) await pass();
  assert.equal(givenUp, []);
  setWaiting(false);
  await pass();
  assert.is(givenUp.length, 1);
});

test('says nothing after it was stopped, whatever a check says then', async () => {
  const { pass, givenUp, failures, health, checks } = watch(['fails', 'fails', 'fails']);
  await pass();
  await pass();
  health.stop();
  for (let i = 0; i < 3; i++) await pass();
  assert.equal([failures, givenUp, checks()], [[1, 2], [], 2]);
});

test.run();
