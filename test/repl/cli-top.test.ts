/** `servelab top` where there is no terminal. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { cli, Running, shown } from './command-fixture.ts';

const test = suite('servelab top');

test(
  'without a terminal it is one snapshot as a table, without escapes, and as JSON what status() gives',
  withInstance(
    async (client) => {
      await client.createBackend('v1', () => 1, { config: { numReplicas: 2 } });
      await client.createBackend('v2', () => 2, { actorOptions: { numGpus: 0.5 } });
      await client.createEndpoint('echo', { backend: 'v1', route: '/echo' });
      await client.setTraffic('echo', { v1: 0.9, v2: 0.1 });
      await client.shadowTraffic('echo', 'v2', 0.5);
      const text = await shown('top', '--name', 'cli-top');
      assert.match(text, /^cli-top {2}http:\/\/127\.0\.0\.1:\d+ {2}up \d+s {2}revision 5\n/);
      assert.match(text, /replicas 3\/3 {2}ongoing 0 {2}queued 0 {2}gpus 0\.5\/1/);
      assert.match(text, /\necho +\/echo +0 +0% +- +- +- +v1 90%, v2 10% +v2 50%\n/);
      assert.match(text, /\nv2#1 +RUNNING +pid \d+ +0\/100 +0 +0 +0 /);
      assert.match(text, /\nhead\/0 +Card +0\.5 +v2#1 0\.5\n/);
      assert.not.ok(text.includes('\x1b'));
      assert.is(
        await shown('top', '--once', '--name', 'cli-top').then((again) => again.split('\n').length),
        text.split('\n').length,
      );
      const status: unknown = JSON.parse(await shown('top', '--json', '--name', 'cli-top'));
      const told = JSON.parse(JSON.stringify(await client.status()));
      assert.equal(Object.keys(Object(status)), Object.keys(told));
      assert.equal(Object(status).endpoints, told.endpoints);
    },
    { name: 'cli-top', resources: { gpus: [{ index: 0, name: 'Card' }] } },
  ),
);

test(
  'it shows one snapshot after the other with --watch, and ends with the instance',
  withInstance(
    async (client) => {
      const running = new Running({ args: ['top', '--watch', '0.05', '--json', '--name', 'cli-watch'] });
      await running.printed('"revision":0', 2);
      await client.createBackend('v1', () => 1);
      await running.printed('"revision":1');
      await client.shutdown();
      const { stderr } = await running.ended;
      assert.is(stderr, '');
    },
    { name: 'cli-watch' },
  ),
);

test('of an instance that does not run it says so, and what starts one', async () => {
  const { code, stdout, stderr } = await cli('top', '--once', '--name', 'cli-none');
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, /INSTANCE_NOT_FOUND/);
});

test('options that contradict each other are refused', async () => {
  assert.is((await cli('top', '--once', '--watch', '1')).code, 2);
  assert.is((await cli('top', '--view', 'nowhere')).code, 2);
  assert.is((await cli('top', '--watch', '0')).code, 2);
});

test.run();
