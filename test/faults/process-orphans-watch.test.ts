/** Row 75 where there is no setpriv: the replicas' processes watch for the end of the instance themselves. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type End, Playground } from '../fixtures/faults/orphans.ts';
import { until } from '../fixtures/faults/rig.ts';
import type { Way } from '../fixtures/faults/stuck.ts';
import { isStopped } from '../support/processes.ts';

const test = suite('replicas of an instance that is gone, without setpriv');

const ALL: readonly Way[] = ['idle', 'spin', 'get', 'wait', 'exec', 'child', 'constructor'];
/** Those that leave the program with nothing to do. */
const SETTLED = ALL.filter((way) => way !== 'get' && way !== 'constructor');

for (const [how, times] of Object.entries({ SIGKILL: 10, SIGTERM: 3, SIGINT: 3, exit: 3, throw: 3, normal: 3 })) {
  test(`end with it, whatever they are doing: ${how}, ${times} times`, async () => {
    const playground = new Playground('none');
    try {
      for (let time = 0; time < times; time++) {
        const { orphans, grandchildren } = await playground.end(how as End, how === 'normal' ? SETTLED : ALL);
        assert.equal(orphans, []);
        assert.is(grandchildren.length, 2, 'what the replicas have started themselves stays');
      }
      await playground.end('shutdown', ['idle']);
      assert.equal(playground.leftovers, []);
    } finally {
      playground.remove();
    }
  });
}

test('end with it in the middle of their start', async () => {
  const playground = new Playground('none');
  try {
    for (let replicas = 1; replicas <= ALL.length; replicas++) await playground.killWhileStarting(replicas, ALL);
    await playground.end('shutdown', ['idle']);
    assert.equal(playground.leftovers, []);
  } finally {
    playground.remove();
  }
});

test('that are stopped end when they go on: a stopped process can watch for nothing', async () => {
  const playground = new Playground('none');
  try {
    const { orphans } = await playground.end('SIGKILL', ['idle', 'stopped'], 500);
    const [stopped] = orphans;
    assert.is(orphans.length, 1, 'the stopped one alone is still there');
    assert.ok(stopped && isStopped(stopped.pid));
    process.kill(stopped.pid, 'SIGCONT');
    await until('it has ended', () => playground.replicas.length === 0);
  } finally {
    playground.remove();
  }
});

test.run();
