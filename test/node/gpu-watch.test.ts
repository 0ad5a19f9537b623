import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GpuReport } from '../../lib/node/gpu-report.ts';
import { ATTENDED_PERIOD_MS, GpuWatch } from '../../lib/node/gpu-watch.ts';

const test = suite('GpuWatch');

test.before.each(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
test.after.each(() => mock.timers.reset());

/** A watch whose looks are answered by hand. */
function watching() {
  let now = 0;
  let numLooked = 0;
  const looks: PromiseWithResolvers<GpuReport>[] = [];
  const watch = new GpuWatch({
    look: () => {
      const look = Promise.withResolvers<GpuReport>();
      looks.push(look);
      return look.promise;
    },
    looked: () => {
      numLooked++;
    },
    now: () => now,
  });
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    mock.timers.tick(ms);
    await turn();
  };
  const answer = async (indices: readonly number[] = []): Promise<void> => {
    looks.at(-1)?.resolve({ gpus: indices.map((index) => ({ index })), trouble: null });
    await turn();
  };
  return { watch, pass, answer, numLooks: () => looks.length, numLooked: () => numLooked };
}

test('before the first look it says that nothing is known', () => {
  const { watch } = watching();
  assert.equal(watch.report, { gpus: [], trouble: 'nvidia-smi has not answered yet' });
});

test('many who ask at once share one look, and one that is new enough is not asked for again', async () => {
  const { watch, pass, answer, numLooks } = watching();
  const asked = Promise.all([watch.fresh(2000), watch.fresh(2000)]);
  assert.is(numLooks(), 1);
  await answer([0]);
  await asked;
  assert.equal(watch.report.gpus, [{ index: 0 }]);
  await pass(2000);
  await watch.fresh(2000);
  assert.is(numLooks(), 1);
  await pass(1);
  const again = watch.fresh(2000);
  assert.is(numLooks(), 2);
  await answer();
  await again;
  assert.equal(watch.report.gpus, []);
});

test('it looks once a minute, and every two seconds while somebody attends', async () => {
  const { watch, pass, answer, numLooks, numLooked } = watching();
  watch.start();
  await answer();
  await pass(59_999);
  assert.is(numLooks(), 1);
  await pass(1);
  assert.is(numLooks(), 2);
  await answer();
  assert.is(numLooked(), 2);

  const [stop, stopToo] = [watch.attend(), watch.attend()];
  await pass(ATTENDED_PERIOD_MS);
  assert.is(numLooks(), 3);
  await answer();
  stop();
  stop();
  for (const count of [4, 5]) {
    await pass(ATTENDED_PERIOD_MS);
    assert.is(numLooks(), count, 'another one attends');
    await answer();
  }
  stopToo();
  await pass(ATTENDED_PERIOD_MS); // that one was due already
  await answer();
  await pass(59_999);
  assert.is(numLooks(), 6);
});

test('who begins to attend long after the last look has it at once', async () => {
  const { watch, pass, answer, numLooks } = watching();
  watch.start();
  await answer();
  await pass(30_000);
  const stop = watch.attend();
  await pass(0);
  assert.is(numLooks(), 2);
  stop();
});

test('a look that takes long is not joined by another', async () => {
  const { watch, pass, numLooks } = watching();
  const stop = watch.attend();
  await pass(0);
  await pass(10 * ATTENDED_PERIOD_MS);
  assert.is(numLooks(), 1);
  stop();
});

test('stopped, it looks no more, and nobody waits for it', async () => {
  const { watch, pass, answer, numLooks, numLooked } = watching();
  const waiting = watch.fresh(2000);
  watch.stop();
  await waiting;
  await answer([0]);
  assert.is(numLooked(), 0, 'what comes late is told to nobody');
  await watch.fresh(2000);
  await pass(120_000);
  assert.is(numLooks(), 1);
});

test.run();
