/** What a replica in a process has started itself ends with it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isAlive } from '../support/processes.ts';

const test = suite('what a replica has started');

const ENDS: Readonly<Record<string, (rig: Rig, pid: number) => Promise<unknown>>> = {
  'it calls process.exit': ({ get }) => get('/b?do=exit&code=3'),
  'it throws in a timer': ({ get }) => get('/b?do=lateThrow'),
  'it is killed from outside': async (_, pid) => process.kill(pid, 'SIGKILL'),
  'it crashes': async (_, pid) => process.kill(pid, 'SIGSEGV'),
  'it spins until its health check gives up': ({ get }) => get('/b?do=spin'),
  'it is scaled away': ({ client }) => client.updateBackendConfig('b', { numReplicas: 0 }),
  'its backend is deleted': async ({ client }) => {
    await client.deleteEndpoint('b');
    await client.deleteBackend('b');
  },
  'its backend is deleted with force': async ({ client }) => {
    await client.deleteEndpoint('b');
    await client.deleteBackend('b', { force: true });
  },
  'the instance shuts down': ({ client }) => client.shutdown(),
};

for (const [how, end] of Object.entries(ENDS)) {
  test(`ends with it when ${how}`, () =>
    withRig(async (rig) => {
      const config = { healthCheckPeriodMs: 300 };
      await rig.createBackend('b', faulty('Faulty', rig.board), { config });
      await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
      const started = Number((await rig.get('/b?do=start')).text);
      assert.ok(isAlive(started));
      const [replica] = await rig.replicas('b');
      await end(rig, replica?.pid ?? 0);
      await until('the replica has ended', () => !isAlive(replica?.pid ?? 0));
      try {
        await until('what it started has ended', () => !isAlive(started));
      } finally {
        if (isAlive(started)) process.kill(started, 'SIGKILL');
      }
    })('process'));
}

test.run();
