/** On what the time of queries goes, who answers them, and what replicas use: as a client hears of it. */
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('performance');

const sleepy = async (request: serve.ServeRequest): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, Number(request.data)));
  return 'done';
};

const busy = (request: serve.ServeRequest): number => {
  const end = performance.now() + Number(request.data);
  while (performance.now() < end);
  return 1;
};

test(
  'the time that a query waits and the time in its code are told apart, and are together what its caller waits',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', sleepy, { config: { maxConcurrentQueries: 1 } });
    await Promise.all([handle.remote(40), handle.remote(40), handle.remote(40)]);
    const { m } = (await client.performance()).backends;
    assert.ok(m);
    assert.equal([m.queue.count, m.processing.count, m.total.count], [3, 3, 3]);
    assert.ok((m.processing.p50Ms ?? 0) >= 39, `${m.processing.p50Ms} ms in code`);
    // The third waits for two others.
    assert.ok((m.queue.p99Ms ?? 0) >= 78, `${m.queue.p99Ms} ms in the queue`);
    assert.ok((m.total.p99Ms ?? 0) >= 117, `${m.total.p99Ms} ms in all`);
    const buckets = m.processing.histogram;
    assert.is(
      buckets.reduce((sum, { count }) => sum + count, 0),
      3,
    );
    assert.ok((buckets[0]?.upToMs ?? 0) >= 39 && buckets.every(({ count, upToMs }) => count >= 0 && upToMs > 0));
    const { callers } = (await client.performance()).endpoints.m ?? {};
    assert.is(callers?.count, 3);
  }),
);

test(
  'an endpoint says how many of its queries each backend has answered, without the copies of shadows',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', () => 1);
    await client.createBackend('v2', () => 2);
    await client.createBackend('v3', () => 3);
    await client.setTraffic('v1', { v1: 0.5, v2: 0.5 });
    await client.shadowTraffic('v1', 'v3', 1);
    const answers = (await Promise.all(Array.from({ length: 60 }, () => handle.remote()))) as number[];
    const answered = { v1: answers.filter((one) => one === 1).length, v2: answers.filter((one) => one === 2).length };
    assert.equal((await client.performance()).endpoints.v1?.answered, answered);
    await until(async () => (await client.performance()).backends.v3?.total.count === 60, 'the copies counted');
  }),
);

test(
  'percentiles are those of status at the same revision',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', sleepy);
    for (const ms of [1, 5, 20]) await handle.remote(ms);
    const [found, status] = [await client.performance(), await client.status()];
    assert.is(found.revision, status.instance.revision);
    const { p50Ms, p95Ms, p99Ms } = found.endpoints.m?.callers ?? {};
    const { rate: _, errorRate: __, ...stats } = status.endpoints.m?.stats ?? {};
    assert.equal({ p50Ms, p95Ms, p99Ms }, stats);
  }),
);

for (const isolation of ['thread', 'process'] as const) {
  test(
    `a replica in a ${isolation} that computes uses a core, and one that waits does not`,
    withInstance(async (client) => {
      const handle = await handleOf(client, 'm', busy, { actorOptions: { isolation } });
      const usage = async (): Promise<serve.ReplicaUsage | undefined> => (await client.performance()).replicas['m#1'];
      await until(async () => ((await usage())?.cpu ?? 1) < 0.05, 'a replica at rest');
      const spinning = handle.remote(4_000);
      await until(async () => {
        const { cpu, eventLoop } = (await usage()) ?? {};
        return (cpu ?? 0) > 0.1 && (isolation === 'process' || (eventLoop ?? 0) > 0.9);
      }, 'a busy replica');
      await spinning;
      assert.ok(((await usage())?.memoryBytes ?? 0) > 1e6);
    }),
  );
}

test.run();
