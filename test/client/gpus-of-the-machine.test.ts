/** What an instance shows of the GPUs that nvidia-smi finds; this one is a stand-in. */
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FakeAnswer, FakeNvidiaSmi, h200s, h200Uuid } from '../support/fake-nvidia-smi.ts';
import { fails, failureOf, handleOf, until } from '../support/instance.ts';

const test = suite('GPUs of the machine');

const MIB = 1024 * 1024;
const own = { PATH: process.env.PATH, CUDA_VISIBLE_DEVICES: process.env.CUDA_VISIBLE_DEVICES };

function setEnv(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** An instance on a machine whose nvidia-smi gives this answer. */
function withGpus(
  answer: FakeAnswer,
  run: (client: serve.Client, fake: FakeNvidiaSmi) => Promise<void>,
  { visible, ...options }: serve.StartGiven & { readonly visible?: string } = {},
): () => Promise<void> {
  return async () => {
    const fake = new FakeNvidiaSmi(answer);
    setEnv({ ...fake.env, CUDA_VISIBLE_DEVICES: visible });
    try {
      const client = await serve.start({ http: null, ...options });
      await run(client, fake).finally(() => client.shutdown());
    } finally {
      setEnv({ ...own, FAKE_NVIDIA_SMI: undefined });
      fake.delete();
    }
  };
}

const gpusOf = async (client: serve.Client): Promise<serve.NodeStatus['gpus']> =>
  (await client.status()).nodes[0]?.gpus ?? [];

test(
  'they are shown with their figures',
  withGpus({ stdout: h200s(0, 2) }, async (client) => {
    assert.equal(await gpusOf(client), [
      {
        index: 0,
        uuid: h200Uuid(0),
        name: 'NVIDIA H200',
        memoryBytes: 143_771 * MIB,
        memoryUsedBytes: 4 * MIB,
        utilization: 0,
        allocations: [],
      },
      {
        index: 2,
        uuid: h200Uuid(2),
        name: 'NVIDIA H200',
        memoryBytes: 143_771 * MIB,
        memoryUsedBytes: 6 * MIB,
        utilization: 0.2,
        allocations: [],
      },
    ]);
  }),
);

test(
  'CUDA_VISIBLE_DEVICES limits them',
  withGpus(
    { stdout: h200s(0, 1, 2) },
    async (client) => {
      assert.equal(
        (await gpusOf(client)).map(({ index }) => index),
        [0, 2],
      );
    },
    { visible: `2,${h200Uuid(0).slice(0, 12)}` },
  ),
);

test(
  'declared ones are shown instead, with the figures of those that are there',
  withGpus(
    { stdout: h200s(0, 1) },
    async (client) => {
      await until(async () => (await gpusOf(client))[0]?.utilization !== undefined, 'it is measured');
      const [found, declared, ...none] = await gpusOf(client);
      assert.equal([found?.index, found?.uuid, found?.utilization], [1, h200Uuid(1), 0.1]);
      assert.equal([declared, none], [{ index: 7, name: 'borrowed', allocations: [] }, []]);
    },
    { resources: { gpus: [{ index: 7, name: 'borrowed' }, { index: 1 }] } },
  ),
);

test(
  'more than CUDA_VISIBLE_DEVICES leaves cannot be declared, and then nothing is started',
  withGpus(
    { stdout: h200s(0, 1) },
    async (client) => {
      setEnv({ CUDA_VISIBLE_DEVICES: '0' });
      const start = serve.start({ name: 'other', http: null, resources: { gpus: 2 } });
      await fails(start, 'INVALID_ARGUMENT', "CUDA_VISIBLE_DEVICES, '0', leaves 1 to use");
      await fails(serve.connect({ name: 'other' }), 'INSTANCE_NOT_FOUND');
      assert.is((await gpusOf(client)).length, 2);
    },
    {},
  ),
);

test(
  'a watcher sees one go and come back',
  withGpus(
    { stdout: h200s(0, 1) },
    async (client, fake) => {
      const watch = client.watch();
      const seen = async (count: number): Promise<void> => {
        let shown: number | undefined;
        while (shown !== count) shown = (await watch.next()).value?.nodes[0]?.gpus.length;
      };
      await seen(2);
      fake.answer({ stdout: h200s(0) });
      await seen(1);
      fake.answer({ stdout: h200s(0, 1) });
      await seen(2);
      await watch.return?.();
    },
    { http: { port: 0 } },
  ),
);

class Mortal {
  call(request: serve.ServeRequest): unknown {
    if (request.data === 'die') process.kill(process.pid, 'SIGKILL');
    return [process.env.CUDA_VISIBLE_DEVICES, process.env.CUDA_DEVICE_ORDER];
  }
}

test(
  'a replica whose GPU has vanished runs on; once it dies it waits for one, and says so; nobody is given more than there is',
  withGpus(
    { stdout: h200s(0, 1) },
    async (client, fake) => {
      const write = process.stderr.write;
      process.stderr.write = () => true; // it is told on stderr that a replica died
      try {
        await client.createBackend('a', Mortal, { actorOptions: { numGpus: 1 } });
        const handle = await handleOf(client, 'b', Mortal, { actorOptions: { numGpus: 1 } });
        assert.equal(await handle.remote(), ['1', 'PCI_BUS_ID']);
        fake.answer({ stdout: h200s(0) });
        const another = () => client.createBackend('c', Mortal, { actorOptions: { numGpus: 0.5 } });
        await until(
          async () => ((await failureOf(another())) as Error).message.includes('GPU 1 no longer found'),
          'it is noticed',
        );
        assert.equal(await handle.remote(), ['1', 'PCI_BUS_ID']);
        assert.equal(
          (await gpusOf(client)).map(({ index, allocations }) => [index, allocations.length]),
          [
            [0, 1],
            [1, 1],
          ],
        );
        await fails(handle.remote('die'), 'REPLICA_DIED');
        const pending = async () => (await client.status()).backends.b?.replicas.pending[0]?.reason ?? '';
        await until(async () => (await pending()).startsWith('waits for 1 GPU'), 'it waits');
        assert.match(await pending(), /: 0 of 1 GPU free; held by 'a#1' \(1 of GPU 0\); GPU 1 no longer found$/);
        await fails(another(), 'INSUFFICIENT_RESOURCES', '0 of 1 GPU free');
        const answer = handle.remote();
        fake.answer({ stdout: h200s(0, 1) });
        assert.equal(await answer, ['1', 'PCI_BUS_ID']);
      } finally {
        process.stderr.write = write;
      }
    },
    { http: { port: 0 } },
  ),
);

for (const [title, answer, why] of [
  ['is not well', { stdout: 'NVIDIA-SMI has failed', exit: 9 }, "nvidia-smi ended with 9: 'NVIDIA-SMI has failed'"],
  ['prints garbage', { stdout: 'garbage' }, "nvidia-smi printed 'garbage'"],
] as const) {
  test(
    `where nvidia-smi ${title} there are none, and a refusal says why`,
    withGpus(answer, async (client) => {
      assert.equal(await gpusOf(client), []);
      const create = client.createBackend('a', () => 1, { actorOptions: { numGpus: 1 } });
      await fails(create, 'INSUFFICIENT_RESOURCES', `node 'head' has no GPU: ${why}`);
      await client.createBackend('a', () => 1);
    }),
  );
}

test(
  'an nvidia-smi that hangs holds up neither the start nor other backends nor status() nor the end',
  withGpus({ hang: true }, async (client) => {
    await client.createBackend('a', () => 1);
    const created = client.createBackend('b', () => 1, { actorOptions: { numGpus: 1 } });
    const cancelled = fails(created, 'CANCELLED');
    const { nodes, backends } = await client.status();
    assert.equal(nodes[0]?.gpus, []);
    assert.equal(backends.b?.replicas, { target: 1, running: 0, pending: [{ reason: 'waits for 1 GPU and 1 CPU' }] });
    const began = performance.now();
    await client.status();
    await client.shutdown();
    await cancelled;
    assert.ok(performance.now() - began < 2500, 'that is before it is given up');
  }),
);

test.run();
