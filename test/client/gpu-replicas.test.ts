/** Replicas that hold GPUs, in processes of their own. The GPUs are declared: what is shown to a replica is what counts. */
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('GPU replicas');

/** Says what its process sees. */
class Seeing {
  call(request: serve.ServeRequest): unknown {
    if (request.data === 'die') process.kill(process.pid, 'SIGKILL');
    const { CUDA_VISIBLE_DEVICES, OMP_NUM_THREADS, GREETING } = process.env;
    return { cuda: CUDA_VISIBLE_DEVICES, omp: OMP_NUM_THREADS, greeting: GREETING, pid: process.pid };
  }
}

const nodeOf = async (client: serve.Client): Promise<serve.NodeStatus | undefined> => (await client.status()).nodes[0];

const allocationsOf = async (client: serve.Client): Promise<unknown> =>
  (await nodeOf(client))?.gpus.map(({ allocations }) => allocations.map(({ replica, share }) => [replica, share]));

async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stderr.write;
  process.stderr.write = () => true; // it is told on stderr that a replica died
  try {
    return await work();
  } finally {
    process.stderr.write = write;
  }
}

test(
  'two backends with half a GPU each share one, and see the same one',
  withInstance(
    async (client) => {
      const half = { actorOptions: { numGpus: 0.5 } };
      const handles = await Promise.all(['one', 'two'].map((name) => handleOf(client, name, Seeing, half)));
      const seen = await Promise.all(handles.map((handle) => handle.remote()));
      assert.equal(
        seen.map(({ cuda }) => cuda),
        ['0', '0'],
      );
      const { nodes, replicas } = await client.status();
      assert.equal(
        nodes[0]?.gpus.map(({ allocations }) => allocations.length),
        [2, 0],
      );
      for (const { isolation, gpus, pid, threadId } of replicas) {
        assert.equal([isolation, gpus, threadId], ['process', [0], null]);
        assert.is.not(pid, process.pid);
      }
      assert.equal(replicas.map(({ pid }) => pid).sort(), seen.map(({ pid }) => pid).sort());
    },
    { resources: { gpus: 2 } },
  ),
);

test(
  'whole GPUs are shown by their physical indices, and nobody else is given them',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'a', Seeing, { actorOptions: { numGpus: 2 } });
      assert.is((await handle.remote()).cuda, '3,6');
      assert.equal((await client.status()).replicas[0]?.gpus, [3, 6]);
      const error = await fails(
        client.createBackend('b', Seeing, { config: { numReplicas: 2 }, actorOptions: { numGpus: 1 } }),
        'INSUFFICIENT_RESOURCES',
      );
      assert.is(
        error.message,
        "backend 'b' needs 1 GPU and 1 CPU for each of 2 replicas, and node 'head' has 1 of 3 GPUs free (1 of GPU 7); " +
          "held by 'a#1' (1 of GPU 3), 'a#1' (1 of GPU 6); delete or scale down a holder, or ask for less",
      );
      await client.deleteEndpoint('a');
      await client.deleteBackend('a');
      await client.createBackend('b', Seeing, { config: { numReplicas: 2 }, actorOptions: { numGpus: 1 } });
      assert.equal(await allocationsOf(client), [[['b#1', 1]], [['b#2', 1]], []]);
    },
    { resources: { gpus: [{ index: 7 }, { index: 3 }, { index: 6 }] } },
  ),
);

test(
  'OMP_NUM_THREADS is 1 unless it is set, and envVars reach the process',
  withInstance(async (client) => {
    const plain = await handleOf(client, 'plain', Seeing, { actorOptions: { isolation: 'process' } });
    const { omp, cuda } = await plain.remote();
    assert.equal([omp, cuda], [process.env.OMP_NUM_THREADS === undefined ? '1' : undefined, '']);
    const envVars = { OMP_NUM_THREADS: '12', GREETING: 'hello', CUDA_VISIBLE_DEVICES: '5' };
    const set = await handleOf(client, 'set', Seeing, { actorOptions: { envVars } });
    const seen = await set.remote();
    assert.equal([seen.omp, seen.greeting, seen.cuda], ['12', 'hello', '5']);
  }),
);

test(
  'one that is killed is replaced on its own GPU',
  withInstance(
    async (client) => {
      await client.createBackend('a', Seeing, { actorOptions: { numGpus: 1 } });
      const handle = await handleOf(client, 'b', Seeing, { actorOptions: { numGpus: 1 } });
      const { pid } = await handle.remote();
      await client.deleteBackend('a');
      await quietly(async () => {
        await fails(handle.remote('die'), 'REPLICA_DIED');
        const seen = await handle.remote();
        assert.is.not(seen.pid, pid);
        assert.is(seen.cuda, '1');
      });
      assert.equal(await allocationsOf(client), [[], [['b#1', 1]]]);
    },
    { resources: { gpus: 2 } },
  ),
);

test(
  'whatever ends them, all comes back',
  withInstance(
    async (client) => {
      const gpu = { actorOptions: { numGpus: 0.25 } };
      class Broken {
        constructor() {
          throw new Error('no weights');
        }
        call(): void {}
      }
      await quietly(async () => {
        const handle = await handleOf(client, 'a', Seeing, { ...gpu, config: { numReplicas: 4 } });
        await Promise.all(Array.from({ length: 4 }, () => fails(handle.remote('die'), 'REPLICA_DIED')));
        await fails(client.createBackend('b', Broken, { actorOptions: { numGpus: 1 } }), 'INSUFFICIENT_RESOURCES');
        await client.updateBackendConfig('a', { numReplicas: 1 });
        await client.deleteEndpoint('a');
        await client.deleteBackend('a', { force: true });
        await fails(client.createBackend('b', Broken, { actorOptions: { numGpus: 1 } }), 'BACKEND_START_FAILED');
      });
      await until(async () => (await nodeOf(client))?.gpus[0]?.allocations.length === 0, 'nothing is held');
      assert.is((await nodeOf(client))?.cpus.used, 0);
    },
    { resources: { gpus: 1 } },
  ),
);

test.run();
