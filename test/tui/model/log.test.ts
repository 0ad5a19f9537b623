import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FollowLog, InstanceLog } from '../../../tui/model/log.ts';
import { until } from '../../support/instance.ts';

const test = suite('log of an instance');

test('it is read from when it is looked at, many lines at once are one change, and the oldest are let go', async () => {
  let asked = 0;
  const follow: FollowLog = async (last, signal, take) => {
    asked++;
    assert.is(last, 2_000);
    for (let at = 0; at < 2_500; at++) take([`line ${at}`]);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  const log = new InstanceLog(follow);
  let changes = 0;
  log.subscribe(() => changes++);
  assert.is(asked, 0);
  log.start();
  log.start();
  await until(() => log.get().lines.length === 2_000, 'the lines');
  assert.equal([asked, changes, log.get().lines[0], log.get().lines.at(-1)], [1, 1, 'line 500', 'line 2499']);
  await log.stop();
});

test('why there is none is kept, and it is tried again when it is looked at again', async () => {
  let isThere = false;
  const log = new InstanceLog(async (_, signal, take) => {
    if (!isThere) throw new Error('it has no log');
    take(['hello']);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  log.start();
  await until(() => log.get().problem === 'it has no log', 'the problem');
  isThere = true;
  log.start();
  await until(() => log.get().lines.length === 1 && log.get().problem === null, 'the line');
  await log.stop();
});

test.run();
