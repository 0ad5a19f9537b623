// A process that did not run for a while: stopped, or starved of its processor. Nobody is to be ended for it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { request } from '../support/load.ts';
import { isStopped } from '../support/processes.ts';
import { requireOrSkip } from '../support/require.ts';
import { TimedInstance } from '../support/timed-instance.ts';

const test = suite('pauses');

/** How long the instance is stopped, in ms: several health checks, and longer than every limit in these tests. */
const PAUSE_MS = 3000;

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('an instance that is stopped and goes on ends no replica, and answers what came meanwhile', () =>
  TimedInstance.during({ healthCheckPeriodMs: 500 }, async (instance) => {
    const { pid = 0 } = instance.process;
    for (let round = 0; round < 3; round++) {
      await instance.more(20);
      process.kill(pid, 'SIGSTOP');
      await until(() => isStopped(pid), 'the instance to be stopped');
      const asked = request(`${instance.url}/thread`, `asked-${round}`);
      const seen = instance.client.status();
      await passed(PAUSE_MS);
      process.kill(pid, 'SIGCONT');
      assert.is((await asked).status, 200);
      const states = (await seen).replicas.map(({ tag, state }) => `${tag} ${state}`);
      assert.equal(
        states.filter((one) => !one.endsWith(' RUNNING')),
        [],
      );
    }
    await instance.more(20);
  }));

/** Tells of each construction by a byte in a file. */
class Counted {
  constructor(file: string) {
    appendFileSync(file, '.');
  }

  call(): string {
    return 'here';
  }
}

test('what starts, or is answered, in the middle of a pause is not too late after it', () =>
  TimedInstance.during({ healthCheckPeriodMs: 1000 }, async (instance) => {
    const { client, url } = instance;
    const { pid = 0 } = instance.process;
    const directory = mkdtempSync(join(tmpdir(), 'pauses-'));
    const initArgs = [join(directory, 'constructions')];
    try {
      await client.createBackend('other', () => 'before');
      await client.createEndpoint('other', { backend: 'other', route: '/other' });
      const slow = request(`${url}/process?ms=${PAUSE_MS / 2}`, 'slow');
      const { replicas } = await client.status();
      const updated = client.updateBackend('other', Counted, {
        initArgs,
        // Shorter than the pause, in which a process starts by itself.
        actorOptions: { isolation: 'process', startTimeoutMs: PAUSE_MS - 500 },
      });
      await until(async () => (await client.status()).replicas.length > replicas.length, 'the new one to start');
      process.kill(pid, 'SIGSTOP');
      await passed(PAUSE_MS);
      process.kill(pid, 'SIGCONT');
      await updated;
      assert.is((await slow).status, 200);
      assert.is((await request(`${url}/other`, 'other')).body, 'here');
      assert.is(readFileSync(initArgs[0] ?? '', 'utf8'), '.', 'it was started once');
      await client.deleteEndpoint('other');
      await client.deleteBackend('other');
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

const stress = {
  available: spawnSync('stress-ng', ['--version']).error === undefined,
  why: 'stress-ng is not installed',
};

requireOrSkip(test, 'an instance that hardly gets a processor ends no replica for it', stress, () =>
  TimedInstance.during({ healthCheckPeriodMs: 2000 }, async (instance) => {
    const starving = spawn('stress-ng', ['--quiet', '--cpu', '16', '--timeout', '6s'], { stdio: 'ignore' });
    const [code] = await once(starving, 'exit');
    assert.is(code, 0);
    await instance.more(20);
  }),
);

test.run();
