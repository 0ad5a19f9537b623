/**
 * How soon a changed split is on the screen: `node dist/test/bench/top-change.js [changes]`. The instance, its load and the
 * screen are three processes; the clock starts when the call that changes it has resolved.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import * as serve from 'servelab';
import { mountTop } from '../../tui/app/mount.ts';
import { LiveInstance } from '../../tui/model/live.ts';
import { LOOK } from '../tui/fixture.ts';
import { HeadlessTerminal } from '../tui/headless-terminal.ts';
import { spreadOf } from './statistics.ts';

const NAME = 'top-change';
const CALLS_PER_SECOND = 500;
const WANTED_MS = 250;
const numChanges = Number(process.argv[2] ?? 40);

const client = await serve.start({ name: NAME, host: 'process', http: { port: 0 } });
await client.createBackend('v1', () => 1, { config: { numReplicas: 2 } });
await client.createBackend('v2', () => 2);
await client.createEndpoint('echo', { backend: 'v1', route: '/echo' });
const program = join(import.meta.dirname, 'open-loop-client.js');
const load = spawn(process.execPath, [program, `${client.http?.url}/echo`, String(CALLS_PER_SECOND), '600']);
const terminal = new HeadlessTerminal(120, 40);
const live = new LiveInstance<serve.Client>({ connect: () => serve.connect({ name: NAME }) });
void live.run();
void mountTop(terminal, { name: NAME, live, ui: {}, look: LOOK });
await terminal.shows(/v1 100%/);

const tookMs: number[] = [];
for (let change = 1; change <= numChanges; change++) {
  // At any moment between two snapshots.
  await new Promise((resolve) => setTimeout(resolve, randomInt(100, 600)));
  const percent = change % 2 === 0 ? 10 : 20;
  await client.setTraffic('echo', { v1: 1 - percent / 100, v2: percent / 100 });
  const began = performance.now();
  await terminal.shows(new RegExp(`v2 ${percent}%`));
  tookMs.push(performance.now() - began);
}
const { median, max } = spreadOf(tookMs);
const late = tookMs.filter((ms) => ms > WANTED_MS).length;
console.log(
  `${numChanges} changes of a split under ${CALLS_PER_SECOND} calls/s, on the screen after ` +
    `${median.toFixed(0)} ms (median), ${max.toFixed(0)} ms at most; ${late} after more than ${WANTED_MS} ms`,
);
load.kill();
await client.shutdown();
process.exit();
