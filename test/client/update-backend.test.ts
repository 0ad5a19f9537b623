import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('updateBackend');

test(
  'the next query meets the new code, and the backend keeps its config and endpoints',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'model', () => 'v1', { config: { numReplicas: 2, maxQueuedQueries: 7 } });
    await client.updateBackend('model', () => 'v2', { config: { maxConcurrentQueries: 5 } });
    assert.is(await handle.remote(), 'v2');
    assert.is(await (await fetch(`${url}/model`)).text(), 'v2');
    const { numReplicas, maxQueuedQueries, maxConcurrentQueries } = await client.getBackendConfig('model');
    assert.equal([numReplicas, maxQueuedQueries, maxConcurrentQueries], [2, 7, 5]);
    await until(async () => (await client.status()).replicas.length === 2, 'the old replicas are gone');
    const { replicas, backends } = await client.status();
    assert.equal(replicas.map(({ tag }) => tag).sort(), ['model#3', 'model#4']);
    assert.is(backends.model?.replicas.running, 2);
  }),
);

test(
  'queries under way finish where they began',
  withInstance(async (client) => {
    class Slow {
      #open: (() => void)[] = [];
      async call() {
        await new Promise<void>((resolve) => this.#open.push(resolve));
        return 'v1';
      }
      release() {
        for (const open of this.#open.splice(0)) open();
      }
    }
    const handle = await handleOf(client, 'model', Slow);
    const old = handle.remote();
    await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'it has begun');
    const released = client.updateBackend('model', () => 'v2');
    await released;
    assert.is(await handle.remote(), 'v2');
    assert.is((await client.status()).replicas.find(({ tag }) => tag === 'model#1')?.state, 'STOPPING');
    old.cancel();
    await fails(old, 'CANCELLED');
  }),
);

test(
  'of updates that do not wait for each other the last one stays, also when its code is the quickest to collect',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'model', () => 'v0');
    const module = new URL('../../../test/fixtures/load/unstartable.ts', import.meta.url).href;
    for (let round = 1; round <= 3; round++) {
      const much = Array.from({ length: 5000 }, (_, index) => ({ index }));
      const updates = [
        client.updateBackend('model', () => `${round}: ${much.length}`),
        client.updateBackend('model', serve.imported(module, 'StartsAlone')),
      ];
      await Promise.all(updates);
      assert.is(await handle.remote(), null);
    }
  }),
);

for (const [title, target, options, code] of [
  [
    'a constructor that throws',
    class {
      constructor() {
        throw new Error('no weights');
      }
      call() {}
    },
    {},
    'BACKEND_START_FAILED',
  ],
  ['code that cannot travel', (await_: unknown) => [await_, pending], {}, 'NOT_SHIPPABLE'],
  ['code without reconfigure for the userConfig it has', () => 1, { config: { userConfig: 1 } }, 'INVALID_ARGUMENT'],
  ['more than there is room for', () => 1, { actorOptions: { custom: { seat: 1 } } }, 'INSUFFICIENT_RESOURCES'],
] as const) {
  test(
    `${title} is refused, and the old code serves on`,
    withInstance(
      async (client) => {
        const handle = await handleOf(client, 'model', () => 'v1', { actorOptions: { custom: { seat: 1 } } });
        const before = await client.status();
        await fails(client.updateBackend('model', target as serve.BackendTarget, options), code);
        assert.is(await handle.remote(), 'v1');
        const after = await client.status();
        assert.equal(
          after.replicas.map(({ tag }) => tag),
          ['model#1'],
        );
        assert.is(after.instance.revision, before.instance.revision);
        assert.equal(after.nodes[0]?.custom, { seat: { total: 1, used: 1 } });
      },
      { resources: { custom: { seat: 1 } } },
    ),
  );
}

test(
  'a backend that is not there, or that is deleted meanwhile, is told',
  withInstance(async (client) => {
    await fails(
      client.updateBackend('modle', () => 1),
      'BACKEND_NOT_FOUND',
    );
    await client.createBackend('model', () => 'v1');
    const updated = client.updateBackend('model', () => 'v2');
    const settled = updated.then(
      () => 'updated',
      (error: serve.ServeError) => error.code,
    );
    await client.deleteBackend('model');
    assert.ok(['updated', 'BACKEND_NOT_FOUND'].includes(await settled));
    await until(async () => (await client.status()).replicas.length === 0, 'nothing is left');
    assert.equal(await client.listBackends(), {});
  }),
);

const pending = Promise.resolve();

test.run();
