import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reachableBytes } from '../support/heap.ts';
import { withInstance } from '../support/instance.ts';
import { Load, request } from '../support/load.ts';
import { type ParsedFamily, parsePrometheus } from '../support/parse-prometheus.ts';

const test = suite('many different keys and paths');

const KEYS = 100_000;
const MOST_GROWTH_BYTES = 2 * 1024 * 1024;
/** More than the newest queries that a router knows of, with their keys, for whoever asks where they went. */
const KEYS_BEFORE = 40_000;

test(
  '100 000 different shard keys are spread by weight, each meets the same backend again, and none is remembered',
  withInstance(async (client, url) => {
    const tags = ['a', 'b'];
    for (const tag of tags) await client.createBackend(tag, () => serve.getCurrentBackendTag());
    await client.createEndpoint('sharded', { backend: 'a', route: '/sharded' });
    await client.setTraffic('sharded', { a: 0.7, b: 0.3 });
    const handle = await client.getHandle('sharded');
    const ask = (key: number): PromiseLike<unknown> => handle.options({ shardKey: `key-${key}` }).remote();
    const first = await inWaves(KEYS_BEFORE, ask);
    const before = reachableBytes();
    let countOfA = 0;
    await inWaves(KEYS, async (key) => {
      if ((await ask(key)) === 'a') countOfA++;
    });
    const grown = reachableBytes() - before;
    assert.ok(grown <= MOST_GROWTH_BYTES, `the heap has grown by ${grown} bytes`);
    // The keys are always the same, so this is no matter of chance.
    assert.ok(Math.abs(countOfA / KEYS - 0.7) < 0.01, `${countOfA} of ${KEYS} met a`);
    assert.equal(await inWaves(KEYS_BEFORE, ask), first);
    for (const key of [1, 2, 3, 4, 5]) {
      const response = await fetch(`${url}/sharded`, { headers: { 'X-SERVE-SHARD-KEY': `key-${key}` } });
      assert.is(await response.text(), first[key]);
    }
    const long = { 'X-SERVE-SHARD-KEY': 'k'.repeat(8192) };
    const answers = await Promise.all(
      [1, 2, 3].map(async () => (await fetch(`${url}/sharded`, { headers: long })).text()),
    );
    assert.is(new Set(answers).size, 1);
    assert.ok(tags.includes(answers[0] ?? ''));
  }),
);

test(
  'one hot key fills its own backend only',
  withInstance(async (client) => {
    for (const tag of ['a', 'b']) {
      const config = { maxConcurrentQueries: 2, maxQueuedQueries: 3 };
      const slow = (request: serve.ServeRequest): unknown =>
        request.data === 'hold' ? new Promise(() => {}) : serve.getCurrentBackendTag();
      await client.createBackend(tag, slow, { config });
    }
    await client.createEndpoint('sharded', { backend: 'a' });
    await client.setTraffic('sharded', { a: 0.5, b: 0.5 });
    const handle = await client.getHandle('sharded');
    const keys = [];
    for (let i = 0; i < 50; i++) {
      const key = `key-${i}`;
      keys.push({ key, tag: await handle.options({ shardKey: key }).remote() });
    }
    const hot = handle.options({ shardKey: keys.find(({ tag }) => tag === 'a')?.key ?? '' });
    const held = Array.from({ length: 20 }, () => hot.remote('hold'));
    const refused = await Promise.allSettled(held.slice(5));
    assert.ok(refused.every((one) => one.status === 'rejected' && one.reason.code === 'QUEUE_FULL'));
    const cold = keys.filter(({ tag }) => tag === 'b');
    assert.ok(cold.length > 10);
    for (const { key } of cold) assert.is(await handle.options({ shardKey: key }).remote(), 'b');
    for (const one of held) one.cancel();
    await Promise.allSettled(held);
  }),
);

test(
  '10 000 different paths that lead nowhere, and as many values of a variable, add no series to the metrics',
  withInstance(async (client, url) => {
    await client.createBackend('item', (request: serve.ServeRequest) => request.pathParams.id);
    await client.createEndpoint('item', { backend: 'item', route: '/item/{id}' });
    const paths = (n: number): string => (n % 2 === 0 ? `/nowhere/${n}?n=${n}` : `/item/${n}?n=${n}`);
    await new Load({ url, connections: 16, maxRequests: 100, pathOf: paths, name: 'first' }).ended();
    const before = await metrics(url);
    const answers = await new Load({ url, connections: 16, maxRequests: 20_000, pathOf: paths }).ended();
    const after = await metrics(url);
    assert.equal(seriesOf(after), seriesOf(before));
    assert.is(answers.filter(({ status }) => status === 404).length, 10_000);
    const requests = after.get('serve_num_http_requests')?.samples ?? [];
    const countOf = (route: string): number =>
      requests.filter(({ labels }) => labels.route === route).reduce((sum, { value }) => sum + value, 0);
    assert.equal([countOf('unmatched'), countOf('/item/{id}')], [10_050, 10_050]);
  }),
);

/** Calls with 0, 1, 2 … `count - 1`, a thousand at a time. */
async function inWaves<T>(count: number, call: (n: number) => PromiseLike<T>): Promise<T[]> {
  const results: T[] = [];
  for (let from = 0; from < count; from += 1000) {
    results.push(...(await Promise.all(Array.from({ length: 1000 }, (_, i) => call(from + i)))));
  }
  return results;
}

const metrics = async (url: string): Promise<Map<string, ParsedFamily>> =>
  parsePrometheus((await request(`${url}/-/metrics`, 'metrics')).body);

const seriesOf = (families: ReadonlyMap<string, ParsedFamily>): string[] =>
  [...families.values()]
    .flatMap(({ samples }) => samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`))
    .filter((series) => !series.includes('/-/metrics'))
    .sort();

test.run();
