// One replica in a process, asked by several routers at once: the instance's, a thread's and another process's.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { ISOLATIONS } from '../support/isolations.ts';

const test = suite('many callers of a process');

const PROCESS = { isolation: 'process' } as const;

/** Forwards as many calls as it is asked to. */
const fan = async (request: serve.ServeRequest): Promise<unknown[]> => {
  const { endpoint, from, count } = request.data;
  const handle = await (await serve.connect()).getHandle(endpoint);
  return serve.get(Array.from({ length: count }, (_, i) => handle.remote(from + i)));
};

/** `count` calls from each of three routers, with data 0, 1, 2 …; the answers in that order. */
async function askFromThree(client: serve.Client, endpoint: string, count: number): Promise<unknown[]> {
  const fans = [];
  for (const isolation of ISOLATIONS) {
    fans.push(await handleOf(client, `fan-${isolation}`, fan, { actorOptions: { isolation } }));
  }
  const handle = await client.getHandle(endpoint);
  const own = serve.get(Array.from({ length: count }, (_, i) => handle.remote(i)));
  const forwarded = fans.map((fan, i) => fan.remote({ endpoint, from: (i + 1) * count, count }));
  return (await Promise.all([own, ...forwarded])).flat();
}

class Counted {
  #active = 0;
  #peak = 0;
  async call(request: serve.ServeRequest): Promise<number> {
    this.#peak = Math.max(this.#peak, ++this.#active);
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    this.#active--;
    return request.data;
  }
  peak(): number {
    return this.#peak;
  }
}

test(
  'maxConcurrentQueries holds at the replica, whoever asks, and every call is answered',
  withInstance(
    async (client) => {
      const config = { maxConcurrentQueries: 3 };
      const counted = await handleOf(client, 'counted', Counted, { config, actorOptions: PROCESS });
      const answers = await askFromThree(client, 'counted', 100);
      assert.equal(answers, [...Array(300).keys()]);
      assert.is(await counted.options({ methodName: 'peak' }).remote(), 3);
      await client.updateBackendConfig('counted', { maxConcurrentQueries: 7 });
      await Promise.all(Array.from({ length: 50 }, (_, i) => counted.remote(i)));
      assert.is(await counted.options({ methodName: 'peak' }).remote(), 7);
    },
    { http: null },
  ),
);

test(
  'two replicas share what three routers send them, within their limits',
  withInstance(
    async (client) => {
      class Tagged {
        #active = 0;
        #peak = 0;
        async call(): Promise<unknown> {
          this.#peak = Math.max(this.#peak, ++this.#active);
          for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
          this.#active--;
          return { tag: serve.getCurrentReplicaTag(), peak: this.#peak };
        }
      }
      const config = { maxConcurrentQueries: 5, numReplicas: 2 };
      await handleOf(client, 'tagged', Tagged, { config, actorOptions: PROCESS });
      const answers = (await askFromThree(client, 'tagged', 100)) as { tag: string; peak: number }[];
      assert.is(answers.length, 300);
      for (const tag of ['tagged#1', 'tagged#2']) {
        const own = answers.filter((answer) => answer.tag === tag);
        // How evenly depends on how busy the machine is; that both have their part does not.
        assert.ok(own.length >= 20, `${tag} got ${own.length} of 300`);
        assert.ok(
          own.every(({ peak }) => peak <= 5),
          `${tag} ran more than 5 at a time`,
        );
      }
    },
    { http: null },
  ),
);

test(
  'calls of three routers meet in one batch, and each gets its own answer',
  withInstance(
    async (client) => {
      const Batched = serve.acceptBatch(
        class {
          readonly #sizes: number[] = [];
          call(requests: serve.ServeRequest[]): unknown[] {
            this.#sizes.push(requests.length);
            return requests.map(({ data }) => (data === 13 ? new RangeError('unlucky') : data * 2));
          }
          sizes(data: unknown[]): number[][] {
            return data.map(() => this.#sizes);
          }
        },
      );
      const config = { maxBatchSize: 8, batchWaitTimeoutMs: 20 };
      const batched = await handleOf(client, 'batched', Batched, { config, actorOptions: PROCESS });
      await fails(batched.remote(13), 'BACKEND_ERROR', 'unlucky');
      const fans = [];
      for (const isolation of ISOLATIONS) {
        fans.push(await handleOf(client, `fan-${isolation}`, fan, { actorOptions: { isolation } }));
      }
      const forwarded = fans.map((fan, i) => fan.remote({ endpoint: 'batched', from: 100 * (i + 1), count: 40 }));
      const own = serve.get(Array.from({ length: 40 }, (_, i) => batched.remote(i + 20)));
      const wanted = [20, 100, 200].flatMap((from) => Array.from({ length: 40 }, (_, i) => (from + i) * 2));
      assert.equal((await Promise.all([own, ...forwarded])).flat(), wanted);
      const sizes = (await batched.options({ methodName: 'sizes' }).remote()) as number[];
      assert.ok(Math.max(...sizes) > 1 && Math.max(...sizes) <= 8, `batches of ${sizes}`);
      assert.is(
        sizes.reduce((sum, size) => sum + size, 0),
        121,
      );
    },
    { http: null },
  ),
);

test(
  'a full process refuses beyond maxQueuedQueries, and runs what waits when there is room',
  withInstance(async (client, url) => {
    class Gate {
      call(): Promise<never> {
        return new Promise(() => {});
      }
    }
    const config = { maxConcurrentQueries: 1, maxQueuedQueries: 2 };
    const gate = await handleOf(client, 'gate', Gate, { config, actorOptions: PROCESS });
    const calls = [1, 2, 3].map((n) => gate.remote(n));
    await fails(gate.remote(4), 'QUEUE_FULL', 'maxQueuedQueries');
    const refused = await fetch(`${url}/gate`);
    assert.is(refused.status, 503);
    assert.ok(refused.headers.get('retry-after'));
    await until(async () => (await client.status()).backends.gate?.queued === 2, 'two that wait');
    calls[1]?.cancel();
    await fails(calls[1] as PromiseLike<unknown>, 'CANCELLED');
    const again = gate.remote(5); // in the place that this has freed
    calls[0]?.cancel();
    await fails(calls[0] as PromiseLike<unknown>, 'CANCELLED');
    await until(async () => (await client.status()).backends.gate?.queued === 1, 'the next one to be sent');
    calls[2]?.cancel();
    again.cancel();
    await until(async () => (await client.status()).backends.gate?.queued === 0, 'nothing that waits');
  }),
);

test.run();
