import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';

const test = inThreadsAndProcesses(suite('inside a replica'));

test(
  'a replica knows its backend and its own tag',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'x', () => [serve.getCurrentBackendTag(), serve.getCurrentReplicaTag()]);
    const [backend, replica] = (await handle.remote()) as string[];
    assert.is(backend, 'x');
    assert.is(replica, (await client.status()).replicas[0]?.tag);
  }),
);

test('outside a replica there is no current backend, replica or metric', async () => {
  const calls = [
    serve.getCurrentBackendTag,
    serve.getCurrentReplicaTag,
    () => serve.metrics.counter({ name: 'a', help: 'a' }),
  ];
  for (const call of calls) await fails(call, 'INVALID_ARGUMENT', 'replica');
});

test(
  'connect() in a replica is a client of its own instance, also by its name; another name is not found',
  withInstance(
    async (client) => {
      await handleOf(client, 'leaf', (request) => request.data * 2);
      const handle = await handleOf(client, 'x', async (request) => {
        const { name } = (await (await serve.connect()).status()).instance;
        const same = await serve.connect({ name });
        const leaf = await same.getHandle('leaf');
        const found = await serve.connect({ name: 'another' }).catch((error: serve.ServeError) => error.code);
        return [name, await leaf.remote(request.data), found, same.http?.url];
      });
      assert.equal(await handle.remote(4), ['inside', 8, 'INSTANCE_NOT_FOUND', client.http?.url]);
    },
    { name: 'inside' },
  ),
);

test(
  'control calls work from a replica: the next query of anybody sees what they did',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'boss', async () => {
      const mine = await serve.connect();
      await mine.createBackend('worker', (request) => `worked on ${request.data}`, { config: { numReplicas: 2 } });
      await mine.createEndpoint('worker', { backend: 'worker', route: '/worker' });
      const worker = await mine.getHandle('worker');
      const first = await worker.remote(1);
      await mine.createBackend('other', () => 'other');
      await mine.setTraffic('worker', { other: 1 });
      const second = await worker.remote(2);
      await mine.shadowTraffic('worker', 'worker', 0.5);
      const codes = [];
      for (const call of [
        () => mine.createBackend('worker', () => 1),
        () => mine.setTraffic('worker', { worker: 2 }),
        () => mine.deleteBackend('other'),
        () => mine.getHandle('nothing'),
        () => mine.updateBackendConfig('worker', { numReplicas: -1 }),
      ])
        codes.push(
          await call().then(
            () => 'done',
            (error: serve.ServeError) => error.code,
          ),
        );
      return {
        first,
        second,
        codes,
        listed: await mine.listEndpoints(),
        replicas: (await mine.getBackendConfig('worker')).numReplicas,
      };
    });
    const { listed, ...rest } = await handle.remote();
    assert.equal(rest, {
      first: 'worked on 1',
      second: 'other',
      codes: ['BACKEND_EXISTS', 'INVALID_TRAFFIC', 'BACKEND_IN_USE', 'ENDPOINT_NOT_FOUND', 'INVALID_ARGUMENT'],
      replicas: 2,
    });
    assert.equal(listed, await client.listEndpoints());
    assert.equal(await (await client.getHandle('worker')).remote(3), 'other');
  }),
);

test(
  'watch() works from a replica and ends with its client',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'watcher', async () => {
      const mine = await serve.connect();
      const names: string[][] = [];
      for await (const status of mine.watch()) {
        names.push(Object.keys(status.backends));
        if (names.length === 1) await mine.createBackend('more', () => 1, { config: { numReplicas: 0 } });
        if (status.backends.more) await mine.close();
      }
      return [names[0], names.at(-1)];
    });
    assert.equal(await handle.remote(), [['watcher'], ['watcher', 'more']]);
  }),
);

test(
  'a user’s metrics show on /-/metrics with the labels of backend and replica',
  withInstance(async (client, url) => {
    class Model {
      readonly #seen = serve.metrics.counter({ name: 'words_seen', help: 'Words seen.', labelNames: ['language'] });
      readonly #size = serve.metrics.gauge({ name: 'model_size', help: 'Size.' });
      readonly #score = serve.metrics.histogram({ name: 'score', help: 'Scores.', buckets: [0.5, 1] });
      call(request: serve.ServeRequest): void {
        this.#seen.inc({ language: request.data }, 2);
        this.#size.set(7);
        this.#score.observe(0.7);
      }
    }
    const handle = await handleOf(client, 'm', Model);
    await handle.remote('en');
    const [tag] = (await client.status()).replicas.map((replica) => replica.tag);
    const text = await (await fetch(`${url}/-/metrics`)).text();
    const line = (start: string) => text.split('\n').filter((one) => one.startsWith(start));
    assert.match(text, /# HELP words_seen Words seen\.\n# TYPE words_seen counter/);
    const [seen] = line('words_seen{');
    for (const part of ['language="en"', 'backend="m"', `replica="${tag}"`, ' 2'])
      assert.ok(seen?.includes(part), `${seen} lacks ${part}`);
    assert.ok(line('model_size{')[0]?.endsWith(' 7'));
    assert.ok(line('score_bucket{').some((one) => one.includes('le="0.5"') && one.endsWith(' 0')));
    assert.ok(line('score_bucket{').some((one) => one.includes('le="1"') && one.endsWith(' 1')));
  }),
);

test(
  'a call made for a query that was given up is given up, too',
  withInstance(async (client) => {
    class Leaf {
      static aborted: unknown[] = [];
      call(request: serve.ServeRequest): unknown {
        if (request.data === 'look') return Leaf.aborted;
        return new Promise(() => {
          request.signal.addEventListener('abort', () =>
            Leaf.aborted.push((request.signal.reason as serve.ServeError).code),
          );
        });
      }
    }
    const leaf = await handleOf(client, 'leaf', Leaf);
    const outer = await handleOf(client, 'outer', async () =>
      (await (await serve.connect()).getHandle('leaf')).remote('wait'),
    );
    const ref = outer.remote();
    await until(
      async () => (await client.status()).replicas.find(({ backend }) => backend === 'leaf')?.ongoing === 1,
      'the inner call',
    );
    ref.cancel();
    await fails(ref, 'CANCELLED');
    await until(async () => (await leaf.remote('look')).length === 1, 'the abort of the inner call');
    assert.equal(await leaf.remote('look'), ['CANCELLED']);
  }),
);

test.run();
