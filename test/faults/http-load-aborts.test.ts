import { type ClientRequest, request as open } from 'node:http';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reachableBytes } from '../support/heap.ts';
import { until, withInstance } from '../support/instance.ts';
import { request } from '../support/load.ts';
import { parsePrometheus } from '../support/parse-prometheus.ts';
import { Signals } from '../support/signals.ts';
import { abortable } from './control-fixture.ts';

const test = suite('callers that go away');

/** In each wave, by when they leave: 250 in all. */
const WAVE = { held: 100, waiting: 50, streaming: 25, uploading: 25, early: 50 };
const WAVES = 40;
const WARM_UP_WAVES = 8;

test(
  '10 000 callers who go away at any stage leave every gauge at 0, every place free and no memory taken',
  withInstance(async (client, url) => {
    const signals = new Signals();
    await createBackends(client, signals);
    const sent = new Aborts(url);
    let before = 0;
    for (let wave = 1; wave <= WAVE_TOTAL; wave++) {
      if (wave === WARM_UP_WAVES + 1) before = await restingBytes(client);
      await abortWave(sent, client, signals, wave);
    }
    await requireAllZero(client, url);
    const grown = (await restingBytes(client)) - before;
    assert.is(sent.aborted, WAVE_TOTAL * 250);
    assert.ok(grown <= MOST_GROWTH_BYTES, `the heap has grown by ${grown} bytes`);
    await requireFaultsSeen(url);
    // Every place is free: as many as there are get in at once.
    const again = Array.from({ length: WAVE.held }, () => sent.send('/hold?how=hold'));
    await signals.heard('held', WAVE.held * (WAVE_TOTAL + 1));
    for (const one of again) sent.abort(one);
    await requireAllZero(client, url);
    signals.close();
  }),
);

const WAVE_TOTAL = WARM_UP_WAVES + WAVES;
const MOST_GROWTH_BYTES = 2 * 1024 * 1024;

test(
  'who waits behind a caller that goes away has its turn',
  withInstance(async (client, url) => {
    const signals = new Signals();
    await client.createBackend('hold', abortable(signals), { config: { maxConcurrentQueries: 1 } });
    await client.createEndpoint('hold', { backend: 'hold', route: '/hold' });
    const sent = new Aborts(url);
    for (let round = 1; round <= 20; round++) {
      const first = sent.send('/hold?how=hold');
      await signals.heard('held', round);
      const next = request(`${url}/hold`, `next-${round}`);
      await until(async () => (await client.status()).backends.hold?.queued === 1, 'the next to wait');
      sent.abort(first);
      assert.is((await next).status, 200);
    }
    assert.is(signals.count('hold aborted'), 20);
    signals.close();
  }),
);

test(
  'who waits behind a streamed answer has its turn when the stream has ended',
  withInstance(async (client, url) => {
    const twoParts = async function* (): AsyncGenerator<string> {
      yield 'one ';
      await new Promise((resolve) => setImmediate(resolve));
      yield 'two';
    };
    await client.createBackend('stream', twoParts, { config: { maxConcurrentQueries: 1 } });
    await client.createEndpoint('stream', { backend: 'stream', route: '/stream' });
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => request(`${url}/stream`, `stream-${i}`)));
    assert.ok(all.every(({ status, body }) => status === 200 && body === 'one two'));
  }),
);

/** Requests that are never meant to be answered whole. */
class Aborts {
  aborted = 0;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  send(path: string, method = 'GET'): ClientRequest {
    const sent = open(this.#url + path, { method, agent: false });
    sent.on('error', () => {});
    if (method === 'GET') sent.end();
    else sent.write('the beginning of a body');
    return sent;
  }

  abort(sent: ClientRequest): void {
    sent.destroy();
    this.aborted++;
  }
}

async function createBackends(client: serve.Client, signals: Signals): Promise<void> {
  for (const tag of ['hold', 'stream', 'upload', 'quick']) {
    await client.createBackend(tag, abortable(signals), { config: { maxConcurrentQueries: WAVE.held } });
    await client.createEndpoint(tag, { backend: tag, route: `/${tag}`, methods: ['GET', 'POST'] });
  }
}

async function abortWave(sent: Aborts, client: serve.Client, signals: Signals, wave: number): Promise<void> {
  const several = (count: number, path: string, method = 'GET'): ClientRequest[] =>
    Array.from({ length: count }, () => sent.send(path, method));
  const held = several(WAVE.held, '/hold?how=hold');
  await signals.heard('held', wave * WAVE.held);
  const waiting = several(WAVE.waiting, '/hold?how=hold');
  const streaming = several(WAVE.streaming, '/stream?how=stream');
  const streamed = streaming.map((one) => firstBytes(one));
  const uploading = several(WAVE.uploading, '/upload?how=upload', 'POST');
  const early = several(WAVE.early, '/quick').map(async (one, i) => {
    for (let turn = 0; turn < i % 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    sent.abort(one);
  });
  await until(async () => (await client.status()).backends.hold?.queued === WAVE.waiting, 'queries to wait');
  for (const one of [...waiting, ...held]) sent.abort(one);
  await Promise.all(streamed);
  for (const one of streaming) sent.abort(one);
  await signals.heard('reading', wave * WAVE.uploading);
  for (const one of uploading) sent.abort(one);
  await Promise.all(early);
  await signals.heard('hold aborted', wave * WAVE.held);
  await signals.heard('stream returned', wave * WAVE.streaming);
  await signals.heard('upload cut', wave * WAVE.uploading);
}

const firstBytes = (sent: ClientRequest): Promise<void> =>
  new Promise((resolve) => sent.once('response', (response) => response.once('data', () => resolve())));

async function restingBytes(client: serve.Client): Promise<number> {
  await until(async () => (await busy(client)).length === 0, 'nothing to be under way');
  return reachableBytes();
}

/** What is not at rest, by status(). */
async function busy(client: serve.Client): Promise<string[]> {
  const { backends, replicas } = await client.status();
  return [
    ...Object.entries(backends)
      .filter(([, { queued }]) => queued !== 0)
      .map(([tag]) => tag),
    ...replicas.filter(({ ongoing, queued }) => ongoing + queued !== 0).map(({ tag }) => tag),
  ];
}

async function requireAllZero(client: serve.Client, url: string): Promise<void> {
  await until(async () => (await busy(client)).length === 0, 'every gauge of status() to be 0');
  const families = parsePrometheus((await request(`${url}/-/metrics`, 'metrics')).body);
  for (const name of ['serve_replica_queued_queries', 'serve_replica_processing_queries']) {
    const samples = families.get(name)?.samples ?? [];
    assert.is(samples.length, 4, name);
    assert.ok(
      samples.every(({ value }) => value === 0),
      `${name}: ${JSON.stringify(samples)}`,
    );
  }
}

/** By what HTTP counted: those who left before any answer are 499s. */
async function requireFaultsSeen(url: string): Promise<void> {
  const families = parsePrometheus((await request(`${url}/-/metrics`, 'metrics')).body);
  const samples = families.get('serve_num_http_requests')?.samples ?? [];
  const gone = samples.filter(({ labels }) => labels.status === '499').reduce((sum, { value }) => sum + value, 0);
  const least = WAVE_TOTAL * (WAVE.held + WAVE.waiting + WAVE.uploading);
  assert.ok(gone >= least, `only ${gone} of ${least} callers were seen to leave early`);
}

test.run();
