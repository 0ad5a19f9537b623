import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';

const test = inThreadsAndProcesses(suite('limits and queues'));

/** Counts how many of its calls run at once; each waits until `release`. */
class Gate {
  #running = 0;
  #most = 0;
  #open: (() => void)[] = [];
  async call(): Promise<number> {
    this.#most = Math.max(this.#most, ++this.#running);
    await new Promise<void>((resolve) => this.#open.push(resolve));
    return this.#running--;
  }
  release(): number {
    for (const open of this.#open.splice(0)) open();
    return this.#most;
  }
}

test(
  'maxConcurrentQueries is kept at the replica, however many call at once: the driver and two composing backends',
  withInstance(async (client) => {
    class Widening {
      #running = 0;
      #most = 0;
      async call(request: serve.ServeRequest): Promise<number> {
        if (request.data === 'most') return this.#most;
        this.#most = Math.max(this.#most, ++this.#running);
        await new Promise((resolve) => setImmediate(resolve));
        this.#running--;
        return this.#most;
      }
    }
    const gate = await handleOf(client, 'gate', Widening, { config: { maxConcurrentQueries: 3 } });
    const burst = async () => {
      const handle = await (await serve.connect()).getHandle('gate');
      return (await Promise.all(Array.from({ length: 100 }, () => handle.remote()))).length;
    };
    const callers = [await handleOf(client, 'a', burst), await handleOf(client, 'b', burst)];
    const own = Array.from({ length: 100 }, () => gate.remote());
    const done = await Promise.all([
      ...callers.map((caller) => caller.remote()),
      Promise.all(own).then((all) => all.length),
    ]);
    assert.equal(done, [100, 100, 100]);
    assert.is(await gate.remote('most'), 3);
  }),
);

test(
  'beyond maxQueuedQueries it is QUEUE_FULL, over HTTP 503 with Retry-After; who waits is served',
  withInstance(async (client, url) => {
    const config = { maxConcurrentQueries: 1, maxQueuedQueries: 2 };
    await client.createBackend('gate', Gate, { config });
    await client.createEndpoint('gate', { backend: 'gate', route: '/gate' });
    const handle = await client.getHandle('gate');
    const refs = [handle.remote()];
    await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'the first to run');
    refs.push(handle.remote(), handle.remote());
    await fails(handle.remote(), 'QUEUE_FULL', "'gate'", 'maxQueuedQueries');
    const answer = await fetch(`${url}/gate`);
    assert.equal(
      [answer.status, ((await answer.json()) as { error: { code: string } }).error.code],
      [503, 'QUEUE_FULL'],
    );
    assert.match(String(answer.headers.get('retry-after')), /^\d+$/);
    await client.updateBackendConfig('gate', { maxConcurrentQueries: 10 });
    const release = handle.options({ methodName: 'release' });
    await until(async () => (await client.status()).replicas[0]?.ongoing === 3, 'all to run');
    assert.is(await release.remote(), 3);
    await Promise.all(refs);
  }),
);

test(
  'maxQueuedQueries 0 lets nobody wait',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'gate', Gate, { config: { maxConcurrentQueries: 1, maxQueuedQueries: 0 } });
    const first = handle.remote();
    await fails(handle.remote(), 'QUEUE_FULL');
    first.cancel();
    await fails(first, 'CANCELLED');
  }),
);

test(
  'numReplicas 0 is NO_REPLICA at once, over HTTP 503; back at 1 it answers',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'x', () => 'up', { config: { numReplicas: 0 } });
    await fails(handle.remote(), 'NO_REPLICA', "'x'", 'numReplicas', "updateBackendConfig('x'");
    const answer = await fetch(`${url}/x`);
    assert.equal(
      [answer.status, ((await answer.json()) as { error: { code: string } }).error.code],
      [503, 'NO_REPLICA'],
    );
    assert.ok(answer.headers.get('retry-after'));
    await client.updateBackendConfig('x', { numReplicas: 1 });
    assert.is(await handle.remote(), 'up');
    await client.updateBackendConfig('x', { numReplicas: 0 });
    await fails(handle.remote(), 'NO_REPLICA');
  }),
);

test(
  'a query that was given up while it waited never runs, and its place goes to the next',
  withInstance(async (client) => {
    class Once {
      seen: unknown[] = [];
      call(request: serve.ServeRequest): unknown {
        if (request.data === 'seen') return this.seen;
        this.seen.push(request.data);
        return request.data === 'first' ? new Promise(() => {}) : request.data;
      }
    }
    const handle = await handleOf(client, 'once', Once, { config: { maxConcurrentQueries: 1 } });
    const first = handle.remote('first');
    const second = handle.remote('second');
    const third = handle.remote('third');
    second.cancel();
    await fails(second, 'CANCELLED');
    await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'the first to run');
    first.cancel();
    await fails(first, 'CANCELLED');
    assert.is(await serve.get(third, { timeoutMs: 10_000 }), 'third');
    assert.equal(await handle.remote('seen'), ['first', 'third']);
  }),
);

test(
  'an answer that comes after its deadline is dropped, and meets no other caller',
  withInstance(async (client) => {
    class Late {
      #finish: (() => void)[] = [];
      call(request: serve.ServeRequest): unknown {
        if (request.data !== 'late') {
          for (const finish of this.#finish.splice(0)) finish();
          return request.data;
        }
        return new Promise((resolve) => this.#finish.push(() => resolve('the late answer')));
      }
    }
    const handle = await handleOf(client, 'late', Late, { config: { maxConcurrentQueries: 4 } });
    const late = Array.from({ length: 4 }, () => handle.options({ timeoutMs: 20 }).remote('late'));
    for (const ref of late) await fails(ref, 'TIMEOUT');
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => handle.remote(i)));
    assert.equal(
      answers,
      Array.from({ length: 40 }, (_, i) => i),
    );
    assert.equal(
      (await client.status()).replicas.map(({ ongoing }) => ongoing),
      [0],
    );
  }),
);

test.run();
