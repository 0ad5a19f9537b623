/** Rows 75 and 88: however an instance ends, its replicas' processes end with it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type End, Playground } from '../fixtures/faults/orphans.ts';
import type { Way } from '../fixtures/faults/stuck.ts';

const test = suite('replicas of an instance that is gone');

const ALL: readonly Way[] = ['idle', 'spin', 'get', 'wait', 'exec', 'child', 'stopped', 'constructor'];
/** Those that leave the program with nothing to do. */
const SETTLED = ALL.filter((way) => way !== 'get' && way !== 'constructor');

for (const [how, times] of Object.entries({ SIGKILL: 10, SIGTERM: 3, SIGINT: 3, exit: 3, throw: 3, normal: 3 })) {
  const cleansUp = ['exit', 'throw', 'normal'].includes(how);
  test(`end with it, whatever they are doing: ${how}, ${times} times`, async () => {
    const playground = new Playground('setpriv');
    try {
      for (let time = 0; time < times; time++) {
        const { orphans, grandchildren } = await playground.end(how as End, how === 'normal' ? SETTLED : ALL);
        assert.equal(orphans, []);
        // Bound to nobody, they show that the others would have stayed, too.
        assert.is(grandchildren.length, 2, 'what the replicas have started themselves stays');
        assert.is(
          playground.leftovers.length,
          cleansUp ? 0 : 1,
          'what the last one could not remove, the next one has',
        );
      }
      await playground.end('shutdown', ['idle']);
      assert.equal(playground.leftovers, []);
    } finally {
      playground.remove();
    }
  });
}

test('end with it in the middle of their start', async () => {
  const playground = new Playground('setpriv');
  try {
    for (let replicas = 1; replicas <= ALL.length; replicas++) await playground.killWhileStarting(replicas, ALL);
    await playground.end('shutdown', ['idle']);
    assert.equal(playground.leftovers, []);
  } finally {
    playground.remove();
  }
});

test.run();
