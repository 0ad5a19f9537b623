import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { Load, quantile, request } from '../support/load.ts';
import { goodput, type LoadSummary, loadFromProcess } from '../support/load-process.ts';
import { type Scene, scene } from './control-fixture.ts';

const test = isolationSuite('overload');

/** Places of a model that takes 50 ms: some 160 answers per second. */
const PLACES = 8;
const QUEUE = 16;
/** A measurement that something else on the machine has spoilt is taken again, so often in all. */
const ATTEMPTS = 5;

interface Measured extends Watched {
  readonly max: number;
  readonly overloaded: LoadSummary;
  readonly after: number;
}

interface Watched {
  readonly statusP99Ms: number;
  readonly healthStatuses: ReadonlySet<number>;
}

test.threads(
  'at five times of what it can do it goes on answering, refuses the rest at once, and still tells its state',
  scene(async ({ client, url, ledger, recorder }) => {
    const config = { maxConcurrentQueries: PLACES, maxQueuedQueries: QUEUE };
    await client.createBackend('model', recorder('v1', 50), { config });
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    let served = 0;
    for (let attempt = 1; ; attempt++) {
      const measured = await overload(client, url, attempt);
      served += measured.served;
      requireExact(measured.overloaded);
      assert.equal([...measured.healthStatuses], [200]);
      const missed = missedBars(measured);
      if (missed.length === 0) break;
      assert.ok(attempt < ATTEMPTS, missed.join('; '));
    }
    const counts = [...ledger.counts().values()];
    assert.ok(
      counts.every((count) => count === 1),
      'a request ran twice',
    );
    assert.is(counts.length, served, 'what was refused has run, or what was answered has not');
  }),
);

async function overload(client: serve.Client, url: string, attempt: number): Promise<Measured & { served: number }> {
  const target = `${url}/model`;
  const best = await loadFromProcess({
    url: target,
    connections: PLACES + QUEUE / 2,
    maxMs: 2000,
    name: `max-${attempt}`,
  });
  const max = goodput(best);
  const many = { url: target, connections: 200, rate: 5 * max, maxMs: 4000, name: `over-${attempt}` };
  const running = loadFromProcess(many);
  const watched = await watch(client, url, running);
  const overloaded = await running;
  const again = await loadFromProcess({
    url: target,
    connections: PLACES + QUEUE / 2,
    maxMs: 2000,
    name: `after-${attempt}`,
  });
  const served = [best, overloaded, again].reduce((sum, { kinds }) => sum + (kinds['200']?.count ?? 0), 0);
  return { max, overloaded, after: goodput(again), served, ...watched };
}

/** Asks for the state, some 20 times per second, while the load runs. */
async function watch(client: serve.Client, url: string, running: Promise<unknown>): Promise<Watched> {
  const health = new Load({ url: `${url}/-/healthz`, connections: 1, rate: 20 });
  let isOver = false;
  void running.finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  while (!isOver) {
    const from = performance.now();
    await client.status();
    times.push(performance.now() - from);
    await health.more(1);
  }
  const answers = await health.stop();
  return { statusP99Ms: quantile(times, 0.99), healthStatuses: new Set(answers.map(({ status }) => status)) };
}

/** What holds however slow the machine is: every refusal is a 503 QUEUE_FULL with Retry-After, and there are many. */
function requireExact({ kinds }: LoadSummary): void {
  assert.equal(Object.keys(kinds).sort(), ['200', '503 QUEUE_FULL'], JSON.stringify(kinds));
  const refused = kinds['503 QUEUE_FULL'];
  assert.ok(refused && refused.count > (kinds['200']?.count ?? 0), 'it was not overloaded');
  assert.is(refused?.withRetryAfter, refused?.count);
}

/** Bars for a collapse, far from what an idle machine shows: how fast it is, is not for the tests to say. */
function missedBars({ max, overloaded, after, statusP99Ms }: Measured): string[] {
  const refusedP99Ms = overloaded.kinds['503 QUEUE_FULL']?.p99Ms ?? 0;
  const bars: [string, boolean][] = [
    [`goodput ${goodput(overloaded)} of ${max}`, goodput(overloaded) >= 0.5 * max],
    [`goodput ${after} of ${max} afterwards`, after >= 0.5 * max],
    [`refused within ${refusedP99Ms} ms`, refusedP99Ms <= 500],
    [`status() within ${statusP99Ms} ms`, statusP99Ms <= 1000],
  ];
  return bars.filter(([, isMet]) => !isMet).map(([what]) => what);
}

test(
  'a backend that spins leaves another its share of the machine',
  scene(async ({ client, url, recorder }) => {
    for (const name of ['model', 'spinner']) await createWithEndpoint(client, name, recorder('v1'));
    const load = (name: string): Promise<LoadSummary> =>
      loadFromProcess({ url: `${url}/model`, connections: 16, maxMs: 2000, name });
    let share = 0;
    for (let attempt = 1; attempt <= ATTEMPTS && share < 0.1; attempt++) {
      const alone = await load(`alone-${attempt}`);
      const spinning = request(`${url}/spinner?fault=spin`, `spin-${attempt}`);
      await until(async () => (await busyReplicas(client)).includes('spinner#1'), 'the spinner to spin');
      const beside = await load(`beside-${attempt}`);
      assert.equal(await busyReplicas(client), ['spinner#1'], 'it did not spin all the time');
      assert.equal(Object.keys(beside.kinds), ['200']);
      share = goodput(beside) / goodput(alone);
      await client.deleteEndpoint('spinner');
      await client.deleteBackend('spinner', { force: true });
      assert.is((await spinning).status, 502);
      await createWithEndpoint(client, 'spinner', recorder('v1'));
    }
    assert.ok(share >= 0.1, `beside the spinner it did ${share} of what it does alone`);
  }),
);

async function createWithEndpoint(client: serve.Client, name: string, target: serve.BackendTarget): Promise<void> {
  await client.createBackend(name, target);
  await client.createEndpoint(name, { backend: name, route: `/${name}` });
}

const busyReplicas = async (client: Scene['client']): Promise<string[]> =>
  (await client.status()).replicas.filter(({ ongoing }) => ongoing > 0).map(({ tag }) => tag);

test.threads(
  '25 fast streams of small chunks leave the instance able to answer others',
  scene(async ({ client, url, load }) => {
    const endless = async function* (): AsyncGenerator<string> {
      for (;;) {
        yield 'more and more ';
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await createWithEndpoint(client, 'stream', endless);
    await createWithEndpoint(client, 'quick', () => 'quick');
    const leaving = new AbortController();
    const streams = await Promise.all(
      Array.from({ length: 25 }, () => fetch(`${url}/stream`, { signal: leaving.signal })),
    );
    const read = Promise.allSettled(streams.map((stream) => stream.body?.pipeTo(new WritableStream())));
    const beside = load('/quick');
    await beside.more(300);
    leaving.abort();
    await read;
    const answers = await beside.stop();
    assert.ok(answers.every(({ status }) => status === 200));
    const slowest = Math.max(...answers.map(({ sentAt, endedAt }) => endedAt - sentAt));
    assert.ok(slowest < 10_000, `one waited for ${slowest} ms`);
  }),
);

test.run();
