import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { request } from '../support/load.ts';
import { answersIn, type Recorded, recordedIn, requireAllServed, type Span, scene } from './control-fixture.ts';

const test = isolationSuite('traffic under load');

test(
  '20 switches of traffic between two backends lose nothing, double nothing, and hold for the next request',
  scene(async ({ client, createBackend, url, ledger, recorder, load }) => {
    await createBackend('v1', recorder('v1'));
    await createBackend('v2', recorder('v2'));
    await client.createEndpoint('model', { backend: 'v1', route: '/model' });
    const handle = await client.getHandle('model');
    const running = load('/model');
    const probes = [];
    const spans: Span<string>[] = [];
    await running.more(100);
    for (let change = 0; change < 20; change++) {
      const version = change % 2 === 0 ? 'v2' : 'v1';
      await client.setTraffic('model', { [version]: 1 });
      const from = performance.now();
      const called = handle.remote();
      const [probe] = await Promise.all([request(`${url}/model`, `probe-${change}`), running.more(200)]);
      probes.push(probe);
      spans.push({ value: version, from, until: performance.now() });
      assert.is(((await called) as Recorded).version, version, 'a handle that was there before');
    }
    const answers = [...(await running.stop()), ...probes];
    for (const span of spans) {
      const inside = answersIn(answers, span);
      assert.ok(inside.length > 10, `only ${inside.length} answers between two changes`);
      assert.ok(inside.every((answer) => recordedIn(answer).version === span.value));
    }
    requireAllServed(answers, ledger);
  }),
);

test(
  'a change of traffic waits for no replica, and a blocked one that composes uses it for its very next call',
  scene(async ({ client, createBackend, recorder, front, signals }) => {
    await createBackend('v1', recorder('v1'));
    await createBackend('v2', recorder('v2'));
    await createBackend('front', front());
    await client.createEndpoint('model', { backend: 'v1' });
    await client.createEndpoint('front', { backend: 'front' });
    const handle = await client.getHandle('front');
    const versionSeen = async (args: Record<string, string>): Promise<string> =>
      ((await handle.remote(null, args)) as Recorded).version;
    assert.is(await versionSeen({ ask: 'model' }), 'v1');
    for (let round = 1; round <= 10; round++) {
      const wanted = round % 2 === 0 ? 'v1' : 'v2';
      let isBack = false;
      const blocked = versionSeen({ ask: 'model', block: 'yes' }).finally(() => {
        isBack = true;
      });
      await signals.heard('blocked', round);
      await client.setTraffic('model', { [wanted]: 1 });
      assert.not(isBack, 'the replica was not blocked while the traffic changed');
      signals.say('go');
      assert.is(await blocked, wanted);
    }
  }),
);

test.threads(
  'of 100 000 queries each backend gets its share, after each of five changes',
  withInstance(
    async (client) => {
      const tags = ['a', 'b', 'c'];
      for (const tag of tags) await client.createBackend(tag, () => serve.getCurrentBackendTag());
      await client.createEndpoint('split', { backend: 'a' });
      const handle = await client.getHandle('split');
      for (const [i, weights] of SPLITS.entries()) {
        await client.setTraffic('split', weights);
        const counts = await countAnswers(handle, 20_000);
        // One draw in some hundred misses 3 sigma by chance alone: a second miss on a fresh draw is no chance.
        const isFair = fits(counts, weights) || fits(await countAnswers(handle, 20_000), weights);
        assert.ok(isFair, `${JSON.stringify(counts)} of ${JSON.stringify(weights)}`);
        const other = SPLITS[(i + 1) % SPLITS.length] ?? {};
        assert.not(fits(counts, other), 'the check would see another split');
        assert.equal(
          Object.keys(counts).sort(),
          tags.filter((tag) => (weights[tag] ?? 0) > 0),
        );
      }
    },
    { http: null },
  ),
);

type Weights = Readonly<Record<string, number>>;

const SPLITS: readonly Weights[] = [
  { a: 0.5, b: 0.3, c: 0.2 },
  { a: 0.01, b: 0.99 },
  { a: 1 / 3, b: 1 / 3, c: 1 / 3 },
  { b: 0.1, c: 0.9 },
  { a: 0.48, b: 0.32, c: 0.2 },
];
/** Chi-square beyond which chance is less than one in a million, by degrees of freedom. */
const CHI_SQUARE_LIMITS = [0, 23.9, 27.6];

/** In waves, so that the queue of a backend is not the thing measured. */
async function countAnswers(handle: serve.Handle, total: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let done = 0; done < total; done += 2000) {
    const wave = await serve.get(Array.from({ length: 2000 }, () => handle.remote()));
    for (const tag of wave as string[]) counts[tag] = (counts[tag] ?? 0) + 1;
  }
  return counts;
}

/** Whether counts come from these weights: each within 3 sigma, and all together by chi-square. */
function fits(counts: Readonly<Record<string, number>>, weights: Weights): boolean {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const used = Object.entries(weights).filter(([, weight]) => weight > 0);
  const isWithin = used.every(([tag, weight]) => {
    const sigma = Math.sqrt(total * weight * (1 - weight));
    return Math.abs((counts[tag] ?? 0) - total * weight) <= 3 * sigma;
  });
  const chiSquare = used.reduce(
    (sum, [tag, weight]) => sum + ((counts[tag] ?? 0) - total * weight) ** 2 / (total * weight),
    0,
  );
  return isWithin && chiSquare <= (CHI_SQUARE_LIMITS[used.length - 1] ?? Number.POSITIVE_INFINITY);
}

test.run();
