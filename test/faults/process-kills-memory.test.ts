/** Rows 10, 11 and 12: replicas in processes that use more memory than they may. */
import { isolationSuite } from '../support/isolations.ts';
import { scene } from './control-fixture.ts';
import { campaign, KILLS, toldTo } from './kill-campaign.ts';

const test = isolationSuite('replicas that use too much memory');

const MAX_MEMORY_BYTES = 128 * 1024 * 1024;

for (const [fault, title] of [
  ['memory', 'many small objects'],
  ['fill', 'huge arrays, which would take the whole process of a thread'],
  ['split', 'huge arrays of strings, which would take the whole process of a thread'],
  ['buffers', 'buffers, which no heap limit counts'],
] as const) {
  test.processes(
    `${KILLS} by ${title}: only started queries fail, once, and say where; all else goes on`,
    scene((given) =>
      campaign(given, {
        kill: toldTo(fault),
        actorOptions: { maxMemoryBytes: MAX_MEMORY_BYTES },
        // Near its limit the garbage collector takes all the time there is, for a while.
        healthCheckPeriodMs: 60_000,
        reason: /out of memory/,
      }),
    ),
  );
}

test.run();
