/** Why a replica in a process has died, as users are told: by their own query, by status(), and on stderr. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, faulty, until, withRig } from '../fixtures/faults/rig.ts';

const test = suite('why a replica in a process has died');

const MAX_MEMORY_BYTES = 64 * 1024 * 1024;

for (const [fault, reason] of [
  ['exit&code=0', 'its code called process\\.exit\\(0\\)'],
  ['exit&code=7', 'its code called process\\.exit\\(7\\)'],
  ['segfault', 'its process crashed \\(SIGSEGV, a fault in native code\\)'],
  ['abort', 'its process aborted \\(SIGABRT, by process\\.abort\\(\\) or a failed check in native code\\)'],
  ['kill', 'its process was killed \\(SIGKILL, by somebody else or by a system short of memory\\)'],
  ['grow', 'out of memory: (?:FATAL ERROR: .*heap out of memory|it used \\d+ MiB, and maxMemoryBytes allows 64 MiB)'],
  ['buffers', 'out of memory: it used \\d+ MiB, and maxMemoryBytes allows 64 MiB'],
  ['spin', 'it gave no answer to a health check for 500 ms: its thread is blocked or stuck'],
] as const) {
  test(`is told three times: ${fault}`, () =>
    withRig(async (rig) => {
      const config = { healthCheckPeriodMs: fault === 'spin' ? 500 : 10_000 };
      const actorOptions = { maxMemoryBytes: MAX_MEMORY_BYTES };
      await rig.createBackend('b', faulty('Faulty', rig.board), { config, actorOptions });
      await rig.client.createEndpoint('b', { backend: 'b' });
      const handle = await rig.client.getHandle('b');
      const pending: string[] = [];
      const snapshots = rig.client.watch();
      const watching = (async () => {
        for await (const { backends } of snapshots) {
          pending.push(...(backends.b?.replicas.pending ?? []).map((one) => one.reason));
        }
      })();
      const args = Object.fromEntries(new URLSearchParams(`do=${fault}`));
      // The first death is made good at once; the second one waits, and says so.
      for (let death = 1; death <= 2; death++) {
        const failure = await failureOf(handle.remote(null, args));
        assert.is(failure.code, 'REPLICA_DIED');
        assert.match(failure.message, /^replica 'b#1' died after this query had started, so its outcome is unknown/);
        await until('it is replaced', async () => {
          const [replica] = await rig.replicas('b');
          return replica?.restarts === death && replica.state === 'RUNNING';
        });
      }
      await snapshots.return?.();
      await watching;
      const waits = new RegExp(`^restarts in 0\\.1 s after 2 deaths in a row: ${reason}$`);
      assert.ok(
        pending.some((one) => waits.test(one)),
        pending.join('\n'),
      );
      const lines = rig.stderr().split('\n');
      const told = new RegExp(`^servelab: replica 'b#1' died: (?:Error: )?${reason}$`);
      assert.is(lines.filter((line) => told.test(line)).length, 2, rig.stderr());
    })('process'));
}

test.run();
