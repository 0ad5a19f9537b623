import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { fails, until } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { request, statuses } from '../support/load.ts';
import { answersIn, recordedIn, requireAgreement, requireAllServed, type Span, scene } from './control-fixture.ts';

const test = isolationSuite('scaling under load');

async function runningTags(client: serve.Client): Promise<string[]> {
  const { replicas } = await client.status();
  return replicas.filter(({ state }) => state === 'RUNNING').map(({ tag }) => tag);
}

test(
  'scale-ups and scale-downs in turn lose nothing, double nothing, and use no replica but those that are left',
  scene(async ({ client, isolation, createBackend, untilLeft, ledger, recorder, load }) => {
    await createBackend('model', recorder('v1', 1));
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const running = load('/model');
    const spans: Span<string[]>[] = [];
    const changes = isolation === 'thread' ? 40 : 16;
    for (let change = 0; change < changes; change++) {
      const numReplicas = change % 2 === 0 ? 2 + ((change / 2) % 3) : 1;
      await client.updateBackendConfig('model', { numReplicas });
      const from = performance.now();
      const value = await runningTags(client);
      assert.is(value.length, numReplicas);
      await running.more(150);
      spans.push({ value, from, until: performance.now() });
    }
    const answers = await running.stop();
    requireAllServed(answers, ledger);
    for (const { value, ...span } of spans) {
      const used = new Set(answersIn(answers, { value, ...span }).map((answer) => recordedIn(answer).replica));
      assert.ok(used.size > 0);
      assert.ok(
        [...used].every((replica) => value.includes(replica)),
        `${[...used]} answered, of ${value}`,
      );
    }
    await untilLeft(1);
  }),
);

test(
  '20 changes of config under load lose nothing, double nothing and keep the replicas',
  scene(async ({ client, createBackend, ledger, recorder, load }) => {
    await createBackend('model', recorder('v1', 1), { config: { numReplicas: 2 } });
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const before = await runningTags(client);
    const running = load('/model');
    for (let change = 1; change <= 20; change++) {
      // Below the load: queries wait and are refused by replicas, but none is turned away.
      await client.updateBackendConfig('model', {
        maxConcurrentQueries: 1 + (change % 7),
        maxQueuedQueries: 100 + change,
      });
      assert.is((await client.getBackendConfig('model')).maxQueuedQueries, 100 + change);
      await running.more(100);
    }
    requireAllServed(await running.stop(), ledger);
    assert.equal(await runningTags(client), before);
  }),
);

test(
  'a scale-down resolves while the leaving replica still works, and what it works on is answered',
  scene(async ({ client, createBackend, untilLeft, url, ledger, recorder, signals }) => {
    const config = { numReplicas: 2, maxConcurrentQueries: 1 };
    await createBackend('model', recorder('v1'), { config });
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const gated = ['a', 'b'].map((id) => request(`${url}/model?gate`, id));
    await signals.heard('entered', 2);
    await client.updateBackendConfig('model', { numReplicas: 1 });
    const { replicas } = await client.status();
    assert.equal(replicas.map(({ state }) => state).sort(), ['RUNNING', 'STOPPING']);
    const later = request(`${url}/model`, 'c');
    signals.say('open');
    const answers = await Promise.all([...gated, later]);
    requireAllServed(answers, ledger);
    assert.is(new Set(answers.slice(0, 2).map((answer) => recordedIn(answer).replica)).size, 2);
    await until(async () => (await client.status()).replicas.length === 1, 'the leaving replica to go');
    await untilLeft(1);
  }),
);

test(
  'what is not done within the grace ends as a 502, once, and the replica that stays keeps its own',
  scene(async ({ client, createBackend, untilLeft, url, ledger, recorder, signals }) => {
    const config = { numReplicas: 2, maxConcurrentQueries: 1, gracefulShutdownTimeoutMs: 150 };
    await createBackend('model', recorder('v1'), { config });
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const gated = ['a', 'b'].map((id) => request(`${url}/model?gate`, id));
    await signals.heard('entered', 2);
    await client.updateBackendConfig('model', { numReplicas: 1 });
    await Promise.race(gated);
    signals.say('open');
    const answers = await Promise.all(gated);
    assert.equal(statuses(answers), { 200: 1, 502: 1 });
    assert.match(answers.find(({ status }) => status === 502)?.body ?? '', /"REPLICA_DIED"/);
    requireAgreement(answers, ledger);
    await untilLeft(1);
  }),
);

test(
  'at 0 replicas requests are refused at once, what was under way is answered, and going back serves again',
  scene(async ({ client, createBackend, untilLeft, url, ledger, recorder, signals, load }) => {
    await createBackend('model', recorder('v1'));
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const all = [];
    for (let round = 1; round <= 3; round++) {
      const gated = request(`${url}/model?gate`, `gated-${round}`);
      await signals.heard('entered', round);
      const running = load('/model', `load-${round}`);
      await running.more(100);
      await client.updateBackendConfig('model', { numReplicas: 0 });
      const from = performance.now();
      await running.more(100);
      const answers = await running.stop();
      assert.ok(answers.filter(({ sentAt }) => sentAt >= from).every(({ status }) => status === 503));
      assert.equal(Object.keys(statuses(answers)), ['200', '503'], JSON.stringify(statuses(answers)));
      assert.ok(answers.every(({ status, hasRetryAfter }) => hasRetryAfter === (status === 503)));
      signals.say('open');
      await client.updateBackendConfig('model', { numReplicas: 1 });
      const back = await request(`${url}/model`, `back-${round}`);
      all.push(...answers, await gated, back);
      assert.equal([(await gated).status, back.status], [200, 200]);
    }
    requireAgreement(all, ledger);
    await untilLeft(1);
  }),
);

test(
  'a storm of scalings ends where the last one says, and leaves nothing behind',
  scene(async ({ client, isolation, createBackend, untilLeft, ledger, recorder, load }) => {
    await createBackend('model', recorder('v1', 1));
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const running = load('/model');
    const draw = drawsFrom(20_261_121);
    const end = performance.now() + (isolation === 'thread' ? 10_000 : 4_000);
    let scalings = 0;
    while (scalings < 20 || performance.now() < end) {
      const burst = Array.from({ length: 1 + Math.floor(draw() * 6) }, () => Math.floor(draw() * 6));
      await Promise.all(burst.map((numReplicas) => client.updateBackendConfig('model', { numReplicas })));
      scalings += burst.length;
      const last = burst.at(-1) ?? 0;
      const { backends } = await client.status();
      assert.equal(backends.model?.replicas, { target: last, running: last, pending: [] });
    }
    const answers = await running.stop();
    assert.ok(answers.some(({ status }) => status === 200));
    assert.equal(
      Object.keys(statuses(answers)).filter((status) => status !== '200' && status !== '503'),
      [],
    );
    requireAgreement(answers, ledger);
    await client.updateBackendConfig('model', { numReplicas: 2 });
    await until(async () => (await client.status()).replicas.length === 2, 'the leaving replicas to go');
    await untilLeft(2);
    await client.deleteEndpoint('model');
    await client.deleteBackend('model');
    await fails(client.updateBackendConfig('model', { numReplicas: 1 }), 'BACKEND_NOT_FOUND');
    await untilLeft(0);
  }),
);

/** Draws in [0, 1) that are the same each time. Source: Lehmer's generator, minimal standard. */
function drawsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test.run();
