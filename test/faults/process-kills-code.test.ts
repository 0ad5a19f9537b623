/** Rows 7, 13 and 15: replicas in processes whose own code ends them, or blocks them. */
import { isolationSuite } from '../support/isolations.ts';
import { scene } from './control-fixture.ts';
import { campaign, KILLS, toldTo } from './kill-campaign.ts';

const test = isolationSuite('replicas ended by their own code');

for (const [fault, title, reason] of [
  ['exit0', 'process.exit(0)', /called process\.exit\(0\)/],
  ['exit', 'process.exit(7)', /called process\.exit\(7\)/],
  ['abort', 'process.abort()', /SIGABRT/],
  ['throw', 'a throw in a timer', /a late throw/],
  ['float', 'a floating rejection', /nobody awaits this/],
] as const) {
  test.processes(
    `${KILLS} by ${title}: only started queries fail, once, and say where; all else goes on`,
    scene((given) => campaign(given, { kill: toldTo(fault), reason })),
  );
}

test.processes(
  `${KILLS} by an endless loop: found by their health checks, and replaced`,
  scene((given) =>
    campaign(given, { kill: toldTo('spin'), healthCheckPeriodMs: 1_000, reason: /no answer to a health check/ }),
  ),
);

test.run();
