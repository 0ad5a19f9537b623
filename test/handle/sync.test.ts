import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('sync handles'));

/** A backend whose `call` blocks on a sync handle of endpoint `leaf` with the data it is sent. */
class Blocking {
  #leaf: serve.Handle | null = null;
  async call(request: serve.ServeRequest): Promise<unknown> {
    this.#leaf ??= await (await serve.connect()).getHandle('leaf', { sync: true });
    const { timeoutMs, ...data } = request.data;
    const ref = this.#leaf.options({ timeoutMs: timeoutMs ?? null }).remote(data);
    try {
      return { value: ref.get(), again: ref.get(), awaited: await ref };
    } catch (error) {
      const { name, code, message, cause } = error as serve.ServeError;
      return { name, code, message, cause: (cause as Error | undefined)?.message };
    }
  }
}

async function serveLeaf(client: serve.Client): Promise<void> {
  await handleOf(client, 'leaf', (request) => {
    if (request.data.fail) throw new TypeError('leaf failed');
    return request.data.wait ? new Promise(() => {}) : request.data;
  });
}

test(
  'get() in a replica gives the value, again too',
  withInstance(async (client) => {
    await serveLeaf(client);
    const handle = await handleOf(client, 'b', Blocking);
    const value = { list: [1, new Date(0)], map: new Map([[1, 2]]) };
    assert.equal(await handle.remote(value), { value, again: value, awaited: value });
  }),
);

test(
  'get() throws what awaiting would reject with: a failure, a deadline',
  withInstance(async (client) => {
    await serveLeaf(client);
    const handle = await handleOf(client, 'b', Blocking);
    const failed = (await handle.remote({ fail: true })) as Record<string, string>;
    assert.equal([failed.name, failed.code, failed.cause], ['BackendError', 'BACKEND_ERROR', 'leaf failed']);
    const late = (await handle.remote({ wait: true, timeoutMs: 30 })) as Record<string, string>;
    assert.equal([late.name, late.code], ['ServeError', 'TIMEOUT']);
  }),
);

test(
  'calls nest: A waits for B, which waits for C',
  withInstance(async (client) => {
    await serveLeaf(client);
    await handleOf(client, 'b', Blocking);
    const a = await handleOf(client, 'a', async (request) => {
      const b = await (await serve.connect()).getHandle('b', { sync: true });
      return (b.remote(request.data).get() as { value: unknown }).value;
    });
    assert.equal(await a.remote({ n: 1 }), { n: 1 });
  }),
);

test(
  'several sync calls in flight are got in any order, and a reference may be an argument of another',
  withInstance(async (client) => {
    await serveLeaf(client);
    const handle = await handleOf(client, 'm', async () => {
      const leaf = await (await serve.connect()).getHandle('leaf', { sync: true });
      const refs = [1, 2, 3].map((n) => leaf.remote({ n }));
      const values = refs.reverse().map((ref) => (ref.get() as { n: number }).n);
      const outer = leaf.remote({ inner: leaf.remote({ n: 4 }) });
      return [values, outer.get()];
    });
    assert.equal(await handle.remote(), [[3, 2, 1], { inner: { n: 4 } }]);
  }),
);

test(
  'a handle that is not sync cannot block, and says what can',
  withInstance(async (client) => {
    await serveLeaf(client);
    const handle = await handleOf(client, 'm', async () => {
      const leaf = await (await serve.connect()).getHandle('leaf');
      return leaf.remote({ n: 1 }).get();
    });
    await fails(handle.remote(), 'SYNC_NOT_POSSIBLE', 'sync: true', 'await');
  }),
);

test(
  'a sync handle that was sent to a replica blocks there',
  withInstance(async (client) => {
    await serveLeaf(client);
    const leaf = await client.getHandle('leaf', { sync: true });
    const handle = await handleOf(client, 'm', (request) => request.data.leaf.remote({ n: 2 }).get());
    assert.equal(await handle.remote({ leaf }), { n: 2 });
  }),
);

test(
  'a replica that blocks longer than its health checks allow is not taken for dead',
  withInstance(async (client) => {
    class Gate {
      #open: ((word: string) => void)[] = [];
      call(request: serve.ServeRequest): unknown {
        if (request.data === 'wait') return new Promise((resolve) => this.#open.push(resolve));
        for (const open of this.#open) open('opened');
        return this.#open.length;
      }
    }
    const gate = await handleOf(client, 'gate', Gate);
    class Blocked {
      async call(): Promise<unknown> {
        return (await (await serve.connect()).getHandle('gate', { sync: true })).remote('wait').get();
      }
      checkHealth(): void {}
    }
    const handle = await handleOf(client, 'blocked', Blocked, { config: { healthCheckPeriodMs: 500 } });
    const answer = handle.remote();
    // Far more than three health checks fall due while the thread stands still.
    const before = performance.now();
    await until(() => performance.now() - before > 4000, 'many periods of health checks');
    assert.is(await gate.remote('open'), 1);
    assert.is(await answer, 'opened');
    const replica = (await client.status()).replicas.find(({ backend }) => backend === 'blocked');
    assert.equal([replica?.state, replica?.restarts], ['RUNNING', 0]);
  }),
);

test.run();
