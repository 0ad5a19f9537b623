import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, failureOf, handleOf, withInstance } from '../support/instance.ts';

const test = suite('closing');

const CALLS: ((client: serve.Client) => unknown)[] = [
  (client) => client.createBackend('x', () => 1),
  (client) => client.updateBackendConfig('x', {}),
  (client) => client.getBackendConfig('x'),
  (client) => client.listBackends(),
  (client) => client.deleteBackend('x'),
  (client) => client.createEndpoint('x', { backend: 'x' }),
  (client) => client.deleteEndpoint('x'),
  (client) => client.listEndpoints(),
  (client) => client.setTraffic('x', { x: 1 }),
  (client) => client.shadowTraffic('x', 'x', 1),
  (client) => client.getHandle('x'),
  (client) => client.status(),
  (client) => client.watch().next(),
];

test(
  'after shutdown() every call is CLIENT_CLOSED, a second shutdown does nothing, and nothing answers',
  withInstance(
    async (client, url) => {
      const handle = await handleOf(client, 'x', (request) => (request.data === 'wait' ? new Promise(() => {}) : 1));
      const waiting = handle.remote('wait');
      const ended = fails(waiting, 'REPLICA_DIED').catch((error) => error);
      assert.is(await handle.remote(), 1);
      await Promise.all([client.shutdown(), client.shutdown()]);
      await client.shutdown();
      await client.close();
      for (const call of CALLS) await fails(() => call(client), 'CLIENT_CLOSED', 'serve.start()');
      await fails(handle.remote(), 'CLIENT_CLOSED');
      assert.instance(await ended, Error);
      assert.instance(await failureOf(fetch(`${url}/x`)), Error);
      await fails(serve.connect({ name: 'ending' }), 'INSTANCE_NOT_FOUND');
    },
    { name: 'ending' },
  ),
);

test(
  'close() lets go of the instance, which goes on; shutdown() is then for another client',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'x', () => 1);
      await client.close();
      await client.close();
      for (const call of CALLS) await fails(() => call(client), 'CLIENT_CLOSED', 'serve.connect()');
      await fails(client.shutdown(), 'CLIENT_CLOSED');
      assert.is(await handle.remote(), 1);
      const other = await serve.connect({ name: 'going-on' });
      assert.equal(Object.keys(await other.listBackends()), ['x']);
    },
    { name: 'going-on' },
  ),
);

test(
  'another client of an instance that was shut down is told so by every call',
  withInstance(
    async (client) => {
      const other = await serve.connect({ name: 'shared' });
      await client.shutdown();
      for (const call of CALLS.slice(0, -1)) await fails(() => call(other), 'CLIENT_CLOSED');
      assert.equal(await other.watch().next(), { done: true, value: undefined });
      await other.shutdown();
    },
    { name: 'shared' },
  ),
);

test(
  'a user’s shutdown() runs at the end and may take a second, not more',
  withInstance(async (client) => {
    await client.createBackend(
      'slow',
      class {
        call(): void {}
        shutdown(): Promise<never> {
          return new Promise(() => {});
        }
      },
    );
    const before = performance.now();
    await client.shutdown();
    const tookMs = performance.now() - before;
    assert.ok(tookMs > 900 && tookMs < 10_000, `${tookMs} ms`);
  }),
);

test(
  'shutdown() drains nothing and waits for no request',
  withInstance(async (client, url) => {
    await handleOf(client, 'x', () => new Promise(() => {}));
    const { promise: failed, resolve } = Promise.withResolvers<unknown>();
    fetch(`${url}/x`).then((answer) => resolve(answer.status), resolve);
    while ((await client.status()).replicas[0]?.ongoing !== 1) await new Promise((turn) => setImmediate(turn));
    await client.shutdown();
    const outcome = await failed;
    assert.ok(outcome instanceof Error || outcome === 502 || outcome === 503, String(outcome));
  }),
);

test.run();
