// One endpoint with backends in threads and in processes, and replicas that call before they serve.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { ISOLATIONS } from '../support/isolations.ts';

const test = suite('threads and processes side by side');

class Counting {
  #seen: unknown[] = [];
  call(request: serve.ServeRequest): unknown {
    this.#seen.push(typeof request.data);
    return serve.getCurrentBackendTag();
  }
  seen(): unknown[] {
    return this.#seen;
  }
}

/** Backends `thread` and `process`, an endpoint `e` before the first of them, and one of its own for each. */
async function serveBoth(client: serve.Client): Promise<Record<string, () => PromiseLike<unknown[]>>> {
  const seen: Record<string, () => PromiseLike<unknown[]>> = {};
  for (const isolation of ISOLATIONS) {
    const handle = await handleOf(client, isolation, Counting, { actorOptions: { isolation } });
    seen[isolation] = () => handle.options({ methodName: 'seen' }).remote();
  }
  await client.createEndpoint('e', { backend: 'thread', route: '/e' });
  return seen;
}

test(
  'a split goes by its weights, from the instance, a thread and a process',
  withInstance(async (client) => {
    await serveBoth(client);
    await client.setTraffic('e', { thread: 0.5, process: 0.5 });
    const many = async () => {
      const handle = await (await serve.connect()).getHandle('e');
      return serve.get(Array.from({ length: 400 }, () => handle.remote()));
    };
    const own = await client.getHandle('e');
    const answers: unknown[][] = [await serve.get(Array.from({ length: 400 }, () => own.remote()))];
    for (const isolation of ISOLATIONS) {
      answers.push(await (await handleOf(client, `many-${isolation}`, many, { actorOptions: { isolation } })).remote());
    }
    for (const got of answers) {
      const share = got.filter((tag) => tag === 'process').length / got.length;
      assert.ok(share > 0.35 && share < 0.65, `${share} of the calls went to the process`);
    }
  }),
);

test(
  'a shard key means the same backend in the instance, a thread and a process',
  withInstance(async (client) => {
    await serveBoth(client);
    await client.setTraffic('e', { thread: 0.5, process: 0.5 });
    const keyed = async () => {
      const handle = await (await serve.connect()).getHandle('e');
      return serve.get(Array.from({ length: 60 }, (_, i) => handle.options({ shardKey: `key ${i}` }).remote()));
    };
    const own = await client.getHandle('e');
    const wanted = await serve.get(
      Array.from({ length: 60 }, (_, i) => own.options({ shardKey: `key ${i}` }).remote()),
    );
    assert.is(new Set(wanted).size, 2);
    for (const isolation of ISOLATIONS) {
      const handle = await handleOf(client, `keyed-${isolation}`, keyed, { actorOptions: { isolation } });
      assert.equal(await handle.remote(), wanted);
    }
  }),
);

test(
  'a shadow in a process gets what the instance, a thread and a process send, and costs callers nothing',
  withInstance(async (client, url) => {
    const seen = await serveBoth(client);
    await client.shadowTraffic('e', 'process', 1);
    const ask = async () => (await (await serve.connect()).getHandle('e')).remote('text');
    assert.is(await (await client.getHandle('e')).remote('text'), 'thread');
    assert.is(await (await fetch(`${url}/e`)).text(), 'thread');
    for (const isolation of ISOLATIONS) {
      assert.is(
        await (await handleOf(client, `ask-${isolation}`, ask, { actorOptions: { isolation } })).remote(),
        'thread',
      );
    }
    await until(async () => (await seen.process?.())?.length === 4, 'four copies');
  }),
);

test(
  'data that a process cannot have reaches the thread that its shadow stands behind',
  withInstance(
    async (client) => {
      const seen = await serveBoth(client);
      await client.shadowTraffic('e', 'process', 1);
      const handle = await client.getHandle('e');
      assert.is(await handle.remote(new SharedArrayBuffer(4)), 'thread');
      assert.is(await handle.remote('text'), 'thread');
      await until(async () => (await seen.process?.())?.length === 1, 'the copy that can travel');
      await client.setTraffic('e', { process: 1 });
      await fails(handle.remote(new SharedArrayBuffer(4)), 'NOT_SERIALIZABLE', 'SharedArrayBuffer');
    },
    { http: null },
  ),
);

for (const isolation of ISOLATIONS) {
  test(
    `a constructor and a first reconfigure in a ${isolation} may call others, also blocking`,
    withInstance(
      async (client) => {
        for (const callee of ISOLATIONS) {
          await handleOf(client, `double-${callee}`, ({ data }) => data * 2, { actorOptions: { isolation: callee } });
        }
        class Early {
          readonly #got: unknown[] = [];
          readonly #later: Promise<unknown>;
          constructor(blocking: serve.Handle[], awaited: serve.Handle[]) {
            for (const handle of blocking) this.#got.push(handle.remote(1).get());
            this.#later = Promise.all(awaited.map((handle) => handle.remote(2)));
          }
          async reconfigure(handles: serve.Handle[]): Promise<void> {
            for (const handle of handles) this.#got.push(await handle.remote(3));
          }
          async call(): Promise<unknown> {
            return [...this.#got, await this.#later];
          }
        }
        const handles = (options: { sync: boolean }) =>
          Promise.all(ISOLATIONS.map((callee) => client.getHandle(`double-${callee}`, options)));
        const plain = await handles({ sync: false });
        const early = await handleOf(client, 'early', Early, {
          actorOptions: { isolation },
          initArgs: [await handles({ sync: true }), plain],
          config: { userConfig: plain },
        });
        assert.equal(await early.remote(), [2, 2, 6, 6, [4, 4]]);
      },
      { http: null },
    ),
  );
}

test(
  'two instances in one process keep their processes apart',
  withInstance(
    async (client) => {
      const other = await serve.start({ name: 'other-of-two', http: null });
      try {
        const name = async () => (await (await serve.connect()).status()).instance.name;
        const actorOptions = { isolation: 'process' as const };
        const [here, there] = [
          await handleOf(client, 'name', name, { actorOptions }),
          await handleOf(other, 'name', name, { actorOptions }),
        ];
        assert.equal([await here.remote(), await there.remote()], ['one-of-two', 'other-of-two']);
        await other.shutdown();
        assert.is(await here.remote(), 'one-of-two');
        await client.updateBackendConfig('name', { numReplicas: 2 });
        assert.is((await client.status()).replicas.length, 2);
      } finally {
        await other.shutdown();
      }
    },
    { name: 'one-of-two', http: null },
  ),
);

test.run();
