/** What the screen shows is what the instance tells, and what Prometheus reads. */
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mountTop } from '../../tui/app/mount.ts';
import { latencyText, percentText, rateText } from '../../tui/frame/units.ts';
import { LiveInstance } from '../../tui/model/live.ts';
import { until, withInstance } from '../support/instance.ts';
import { parsePrometheus } from '../support/parse-prometheus.ts';
import { LOOK } from './fixture.ts';
import { HeadlessTerminal } from './headless-terminal.ts';

process.env.NODE_ENV ??= 'production';

const test = suite('agreement');

const CALLS = 60;

test(
  'numbers on the screen equal those of status() and of the metrics at the same revision',
  withInstance(async (client) => {
    await client.createBackend('v1', () => 'one', { config: { numReplicas: 2 } });
    await client.createBackend('v2', () => 'two');
    await client.createEndpoint('echo', { backend: 'v1', route: '/echo' });
    await client.setTraffic('echo', { v1: 0.75, v2: 0.25 });
    await client.shadowTraffic('echo', 'v2', 0.5);
    const handle = await client.getHandle('echo');
    await serve.get(Array.from({ length: CALLS }, (_, n) => handle.remote(n)));
    await screenOf(client, async (terminal, live) => {
      // Rates slide: a snapshot of the screen is compared with the very one it was drawn from, which status() then equals.
      await terminal.shows(/echo/);
      await terminal.shows((page) => {
        const shown = live.get().status;
        const stats = shown?.endpoints.echo?.stats;
        if (shown === null || stats === undefined || stats.p50Ms === null) return false;
        const row = page.split('\n').find((line) => line.includes('▌echo')) ?? '';
        return (
          [stats.p50Ms, stats.p95Ms, stats.p99Ms].map(latencyText).every((text) => row.includes(text)) &&
          row.includes(` ${rateText(stats.rate)} `)
        );
      });
      const shown = live.get().status;
      const told = await client.status();
      assert.ok(shown);
      assert.is(shown.instance.revision, told.instance.revision);
      assert.equal(shown.endpoints.echo?.traffic, told.endpoints.echo?.traffic);
      assert.equal(shown.endpoints.echo?.shadows, told.endpoints.echo?.shadows);
      assert.equal(
        shown.replicas.map(({ tag, state, limit }) => [tag, state, limit]),
        told.replicas.map(({ tag, state, limit }) => [tag, state, limit]),
      );
      const { text } = await client.metrics();
      assert.is(summed(text, 'serve_num_router_requests'), CALLS);
      const { backends, endpoints, revision } = await client.performance();
      assert.is(revision, told.instance.revision);
      const counted = Object.values(backends).reduce((sum, { total }) => sum + total.count, 0);
      assert.is(counted, summed(text, 'serve_backend_request_counter'));
      const { v1 = 0, v2 = 0 } = endpoints.echo?.answered ?? {};
      assert.is(v1 + v2, CALLS);
      await terminal.shows(
        new RegExp(`v1 +live +75% +${percentText(v1 / CALLS)} [\\s\\S]*v2 +live +25% +${percentText(v2 / CALLS)} `),
      );
    });
  }),
);

test(
  'a split that is changed is on the screen with the next snapshot, without traffic, too',
  withInstance(async (client) => {
    await client.createBackend('v1', () => 1);
    await client.createBackend('v2', () => 2);
    await client.createEndpoint('echo', { backend: 'v1' });
    await screenOf(client, async (terminal) => {
      await terminal.shows(/v1 100%/);
      for (const percent of [10, 20, 30, 40]) {
        await client.setTraffic('echo', { v1: 1 - percent / 100, v2: percent / 100 });
        await terminal.shows(new RegExp(`v1 ${100 - percent}%.*v2 ${percent}%`));
      }
    });
  }),
);

test.run();

/** Of all that carry the name, whatever their labels. */
function summed(text: string, name: string): number {
  const samples = parsePrometheus(text).get(name)?.samples ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}

async function screenOf(
  client: serve.Client,
  run: (terminal: HeadlessTerminal, live: LiveInstance<serve.Client>) => Promise<void>,
): Promise<void> {
  const { name } = (await client.status()).instance;
  const terminal = new HeadlessTerminal(120, 40);
  const live = new LiveInstance<serve.Client>({ connect: () => serve.connect({ name }) });
  const running = live.run();
  const left = mountTop(terminal, { name, live, ui: {}, look: LOOK });
  try {
    await until(() => live.get().phase.type === 'live', 'live');
    await run(terminal, live);
  } finally {
    terminal.type('\x03');
    await left;
    await live.stop();
    await running;
  }
}
