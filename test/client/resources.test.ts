import { setImmediate as turn } from 'node:timers/promises';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('resources of an instance');

const nodeOf = async (client: serve.Client): Promise<serve.NodeStatus> => {
  const [node] = (await client.status()).nodes;
  if (!node) throw new Error('an instance has one node at least');
  return node;
};

const TPU = { actorOptions: { custom: { tpu: 1 } } };

test(
  'what is declared is shown and enforced, and a refused backend leaves nothing behind',
  withInstance(
    async (client) => {
      const gpu = { index: 2, name: 'H200', memoryBytes: 150_000_000_000 };
      const before = await nodeOf(client);
      assert.equal(before.cpus, { total: 1.5, used: 0, enforced: true });
      assert.equal(before.gpus, [{ ...gpu, allocations: [] }]);
      assert.equal(before.custom, { tpu: { total: 2, used: 0 } });
      await client.createBackend('a', () => 1, { actorOptions: { numCpus: 0.5, custom: { tpu: 1 } } });
      const error = await fails(
        client.createBackend('b', () => 1, { config: { numReplicas: 2 } }),
        'INSUFFICIENT_RESOURCES',
      );
      assert.is(
        error.message,
        "backend 'b' needs 1 CPU for each of 2 replicas, and node 'head' has 1 of 1.5 CPUs free; held by 'a#1' (0.5); " +
          'that is more than it has in all: ask for less, or declare more in serve.start({ resources })',
      );
      await fails(
        client.createBackend('b', () => 1, { actorOptions: { custom: { tpus: 1 } } }),
        'INSUFFICIENT_RESOURCES',
        "no 'tpus': did you mean 'tpu'?",
      );
      assert.equal(Object.keys(await client.listBackends()), ['a']);
      const { backends, replicas, nodes } = await client.status();
      assert.equal([Object.keys(backends), replicas.length], [['a'], 1]);
      assert.equal(nodes[0]?.cpus, { total: 1.5, used: 0.5, enforced: true });
      await client.createBackend('b', () => 1);
      assert.equal((await nodeOf(client)).custom, { tpu: { total: 2, used: 1 } });
    },
    { resources: { cpus: 1.5, gpus: [{ index: 2, name: 'H200', memoryBytes: 150_000_000_000 }], custom: { tpu: 2 } } },
  ),
);

test(
  'CPUs that are not declared are counted, and refuse nothing',
  withInstance(async (client) => {
    const { total, enforced } = (await nodeOf(client)).cpus;
    assert.is(enforced, false);
    await client.createBackend('a', () => 1, { actorOptions: { numCpus: total + 1 } });
    assert.equal((await nodeOf(client)).cpus, { total, used: total + 1, enforced: false });
  }),
);

test(
  'one GPU more than are declared is refused; where none are, any is',
  withInstance(
    async (client) => {
      const error = await fails(
        client.createBackend('a', () => 1, { actorOptions: { numGpus: 0.5 } }),
        'INSUFFICIENT_RESOURCES',
        "backend 'a' needs 0.5 of a GPU and 1 CPU, and node 'head' has no GPU",
      );
      assert.ok(error.message.includes('more than it has in all'), error.message);
    },
    { resources: { gpus: 0 } },
  ),
);

test(
  'an update to more replicas than there is room for is refused, and the old config stays in force',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'a', () => 'still here', TPU);
      await fails(
        client.updateBackendConfig('a', { numReplicas: 3, maxConcurrentQueries: 7 }),
        'INSUFFICIENT_RESOURCES',
        "backend 'a' needs 1 CPU and 1 'tpu' for each of 2 replicas",
        "1 of 2 'tpu' free; held by 'a#1' (1)",
      );
      const { numReplicas, maxConcurrentQueries } = await client.getBackendConfig('a');
      assert.equal([numReplicas, maxConcurrentQueries], [1, null]);
      assert.is(await handle.remote(), 'still here');
      await client.updateBackendConfig('a', { numReplicas: 2 });
      assert.equal(
        (await client.status()).replicas.map(({ tag }) => tag),
        ['a#1', 'a#2'],
      );
    },
    { resources: { custom: { tpu: 2 } } },
  ),
);

test(
  'what a deleted backend held is there for the next one, and so is what a scale-down leaves',
  withInstance(
    async (client) => {
      for (const force of [false, true]) {
        await client.createBackend('a', () => 1, TPU);
        await client.deleteBackend('a', { force });
        assert.equal((await nodeOf(client)).custom, { tpu: { total: 1, used: 0 } });
      }
      await client.createBackend('b', () => 1, TPU);
      await client.updateBackendConfig('b', { numReplicas: 0 });
      await client.createBackend('c', () => 1, TPU);
      assert.equal((await client.status()).replicas.map(({ tag }) => tag).at(-1), 'c#1');
    },
    { resources: { custom: { tpu: 1 } } },
  ),
);

class Mortal {
  call(request: serve.ServeRequest): unknown {
    if (request.data === 'die') process.exit(1);
    return 'alive';
  }
}

test(
  'one that dies is started again with what it held',
  withInstance(
    async (client) => {
      const write = process.stderr.write;
      process.stderr.write = () => true; // it is told on stderr that a replica died
      try {
        const handle = await handleOf(client, 'a', Mortal, TPU);
        await fails(handle.remote('die'), 'REPLICA_DIED');
        assert.is(await handle.remote(), 'alive');
        await until(async () => (await nodeOf(client)).custom.tpu?.used === 1, 'one is held, once');
      } finally {
        process.stderr.write = write;
      }
    },
    { resources: { custom: { tpu: 1 } } },
  ),
);

test(
  'a constructor that throws leaves nothing held',
  withInstance(
    async (client) => {
      class Broken {
        constructor() {
          throw new Error('no weights');
        }
        call(): void {}
      }
      await fails(client.createBackend('a', Broken, TPU), 'BACKEND_START_FAILED');
      assert.equal((await nodeOf(client)).custom, { tpu: { total: 1, used: 0 } });
      await client.createBackend('a', () => 1, TPU);
    },
    { resources: { custom: { tpu: 1 } } },
  ),
);

test(
  'of many creations at once as many are made as fit, whole',
  withInstance(
    async (client) => {
      const tags = ['a', 'b', 'c', 'd', 'e'];
      const outcomes = await Promise.allSettled(
        tags.map((tag) => client.createBackend(tag, () => 1, { ...TPU, config: { numReplicas: 2 } })),
      );
      const made = outcomes.filter(({ status }) => status === 'fulfilled').length;
      assert.is(made, 2);
      assert.is(Object.keys(await client.listBackends()).length, 2);
      assert.equal((await nodeOf(client)).custom, { tpu: { total: 5, used: 4 } });
    },
    { resources: { custom: { tpu: 5 } } },
  ),
);

test(
  'a shutdown while a backend waits for what another one holds does not wait for it',
  withInstance(
    async (client) => {
      class Slow {
        async call(): Promise<void> {
          await new Promise(() => {});
        }
      }
      const handle = await handleOf(client, 'a', Slow, TPU);
      const answer = handle.remote();
      await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'it runs');
      await client.updateBackendConfig('a', { numReplicas: 0 });
      const created = client.createBackend('b', () => 1, TPU);
      const refused = fails(created, 'CANCELLED');
      await until(async () => {
        const { pending } = (await client.status()).backends.b?.replicas ?? { pending: [] };
        return pending[0]?.reason === "waits for 1 CPU and 1 'tpu'";
      }, 'it waits');
      const lost = fails(answer, 'REPLICA_DIED');
      await client.shutdown();
      await Promise.all([refused, lost]);
      await turn();
    },
    { resources: { custom: { tpu: 1 } } },
  ),
);

test.run();
