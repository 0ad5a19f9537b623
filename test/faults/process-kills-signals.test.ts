/** Rows 7 and 14: replicas in processes, ended or stopped from outside. */
import * as assert from 'uvu/assert';
import { isolationSuite } from '../support/isolations.ts';
import { quantile } from '../support/load.ts';
import { scene } from './control-fixture.ts';
import { campaign, KILLS, TIMES } from './kill-campaign.ts';

const test = isolationSuite('replicas killed from outside');

for (const [signal, reason] of Object.entries({
  SIGKILL: /SIGKILL/,
  SIGSEGV: /SIGSEGV/,
  SIGABRT: /SIGABRT/,
  SIGTERM: /SIGTERM/,
})) {
  test.processes(
    `${KILLS} by ${signal}: only started queries fail, once, and say where; all else goes on`,
    scene((given) => campaign(given, { kill: ({ pid }) => process.kill(pid, signal), reason })),
  );
}

test.processes(
  `${KILLS} stopped by SIGSTOP: found by their health checks, and replaced`,
  scene((given) =>
    campaign(given, {
      kill: ({ pid }) => process.kill(pid, 'SIGSTOP'),
      healthCheckPeriodMs: 1_000,
      reason: /no answer to a health check/,
    }),
  ),
);

test.processes('they were replaced within 1.5 times their own cold start', async () => {
  const [replacement, coldStart] = [quantile(TIMES.replacement, 0.5), quantile(TIMES.coldStart, 0.5)];
  assert.ok(replacement <= 1.5 * coldStart, `${replacement} ms, and ${coldStart} ms of a cold start`);
});

test.run();
