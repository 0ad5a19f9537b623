/** Rows 7 and 14: replicas in processes, ended or stopped from outside. */
import { isolationSuite } from '../support/isolations.ts';
import { scene } from './control-fixture.ts';
import { campaign, KILLS } from './kill-campaign.ts';

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

test.run();
