/** How large batches were: as a client, and Prometheus, hear of it. */
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { handleOf, until, withInstance } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('batches');

/** Says how large the batch was that a query came in. */
const sizes = serve.acceptBatch((requests: readonly serve.ServeRequest[]) => requests.map(() => requests.length));

/** From what the queries were told: of a batch of 4 there are four. */
function batchesOf(told: readonly number[]): serve.BatchDistribution {
  const queriesBySize = Map.groupBy(told, (size) => size);
  const found = [...queriesBySize]
    .sort(([a], [b]) => a - b)
    .map(([size, { length }]) => ({ size, count: length / size }));
  return { count: found.reduce((sum, { count }) => sum + count, 0), queries: told.length, sizes: found };
}

test(
  'each batch counts once, with as many queries as user code got',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'b', sizes, { config: { maxBatchSize: 4, batchWaitTimeoutMs: 5 } });
    const told = (await Promise.all(Array.from({ length: 10 }, () => handle.remote()))) as number[];
    assert.ok(told.includes(4), `sizes ${told}`);
    assert.equal((await client.performance()).backends.b?.batches, batchesOf(told));
  }),
);

test(
  'queries of other replicas count, too',
  withInstance(async (client) => {
    const config = { maxBatchSize: 8, batchWaitTimeoutMs: 5 };
    await handleOf(client, 'inner', sizes, { config });
    const outer = await handleOf(client, 'outer', async () => {
      const { connect } = await import('servelab');
      const inner = await (await connect()).getHandle('inner');
      return Promise.all(Array.from({ length: 8 }, () => inner.remote()));
    });
    const told = (await outer.remote()) as number[];
    await until(async () => {
      const { batches } = (await client.performance()).backends.inner ?? {};
      return JSON.stringify(batches) === JSON.stringify(batchesOf(told));
    }, 'the batches of the inner one, as their queries were told');
    const { outer: unbatched } = (await client.performance()).backends;
    assert.equal(unbatched?.batches, { count: 0, queries: 0, sizes: [] });
  }),
);

test(
  'a page for Prometheus has their sizes, of backends that have had one',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'b', sizes, { config: { maxBatchSize: 3, batchWaitTimeoutMs: 5 } });
    const plain = await handleOf(client, 'plain', () => 1);
    const told = (await Promise.all(Array.from({ length: 7 }, () => handle.remote()))) as number[];
    await plain.remote();
    const page = await (await fetch(`${url}/-/metrics`)).text();
    const samples = page.split('\n').filter((line) => line.startsWith('serve_backend_batch_size'));
    const { count, sizes: found } = batchesOf(told);
    const upTo = (bound: number): number =>
      found.filter(({ size }) => size <= bound).reduce((sum, { count: some }) => sum + some, 0);
    for (const line of [
      `serve_backend_batch_size_bucket{le="1",backend="b"} ${upTo(1)}`,
      `serve_backend_batch_size_bucket{le="4",backend="b"} ${count}`,
      `serve_backend_batch_size_sum{backend="b"} 7`,
      `serve_backend_batch_size_count{backend="b"} ${count}`,
    ])
      assert.ok(samples.includes(line), `no '${line}' in\n${samples.join('\n')}`);
    assert.not.ok(samples.some((line) => line.includes('plain')));
  }),
);

test.run();
