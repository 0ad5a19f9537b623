import * as assert from 'uvu/assert';
import { fails, until } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { request, statuses } from '../support/load.ts';
import { answersIn, recordedIn, requireAgreement, type Span, scene } from './control-fixture.ts';

const test = isolationSuite('deleting under load');

test(
  'deleted and made again under load, over and over: what was under way is answered, and the same names work at once',
  scene(async ({ client, isolation, createBackend, untilLeft, ledger, recorder, load }) => {
    await createBackend('model', recorder('v0', 1));
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    // Not faster: a 404 takes no time, and would leave none for the threads that start.
    const running = load('/model', 'load', 1000);
    const spans: Span<string>[] = [];
    const rounds = isolation === 'thread' ? 50 : 15;
    for (let round = 1; round <= rounds; round++) {
      await client.deleteEndpoint('model');
      await client.deleteBackend('model');
      await createBackend('model', recorder(`v${round}`, 1));
      await client.createEndpoint('model', { backend: 'model', route: '/model' });
      const from = performance.now();
      await running.more(70);
      spans.push({ value: `v${round}`, from, until: performance.now() });
    }
    const answers = await running.stop();
    const seen = statuses(answers);
    assert.equal(Object.keys(seen), ['200', '404'], JSON.stringify(seen));
    for (const span of spans) {
      const inside = answersIn(answers, span);
      assert.ok(inside.length > 0);
      assert.ok(
        inside.every((answer) => recordedIn(answer).version === span.value),
        'an older backend answered',
      );
    }
    requireAgreement(answers, ledger);
    await untilLeft(1);
  }),
);

test(
  'a deletion waits for what is under way; the tag is free when it resolves, not before',
  scene(async ({ client, createBackend, untilLeft, url, ledger, recorder, signals }) => {
    await createBackend('model', recorder('v1'), { config: { maxConcurrentQueries: 2 } });
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const gated = ['a', 'b'].map((id) => request(`${url}/model?gate`, id));
    await signals.heard('entered', 2);
    const waiting = request(`${url}/model`, 'c');
    await until(async () => (await client.status()).backends.model?.queued === 1, 'a query to wait');
    await fails(client.deleteBackend('model'), 'BACKEND_IN_USE', "'model'");
    await client.deleteEndpoint('model');
    let isDeleted = false;
    const deleted = client.deleteBackend('model').then(() => {
      isDeleted = true;
    });
    assert.is((await waiting).status, 503, 'a query that had not started may be sent again');
    assert.is((await request(`${url}/model`, 'd')).status, 404);
    await fails(createBackend('model', recorder('v2')), 'BACKEND_EXISTS', 'being deleted');
    assert.not(isDeleted);
    signals.say('open');
    await deleted;
    const answers = await Promise.all([...gated, waiting]);
    assert.equal(statuses(answers), { 200: 2, 503: 1 });
    requireAgreement(answers, ledger);
    await createBackend('model', recorder('v2'));
    await untilLeft(1);
  }),
);

test(
  'with force, and when the grace is over, what is under way ends as a 502 and ran once',
  scene(async ({ client, createBackend, untilLeft, url, ledger, recorder, signals }) => {
    const all = [];
    for (const [round, how] of (['force', 'grace'] as const).entries()) {
      const gracefulShutdownTimeoutMs = how === 'force' ? 20_000 : 100;
      await createBackend('model', recorder('v1'), { config: { numReplicas: 2, gracefulShutdownTimeoutMs } });
      await client.createEndpoint('model', { backend: 'model', route: '/model' });
      const gated = Array.from({ length: 10 }, (_, i) => request(`${url}/model?gate`, `${how}-${i}`));
      await signals.heard('entered', 10 * (round + 1));
      await client.deleteEndpoint('model');
      const from = performance.now();
      await client.deleteBackend('model', { force: how === 'force' });
      assert.ok(performance.now() - from < 10_000, 'nothing is waited for');
      const answers = await Promise.all(gated);
      assert.equal(statuses(answers), { 502: 10 }, how);
      assert.ok(answers.every(({ body }) => body.includes('"REPLICA_DIED"')));
      assert.is(
        answers.reduce((sum, { id }) => sum + (ledger.counts().get(id) ?? 0), 0),
        10,
      );
      all.push(...answers);
      await untilLeft(0);
    }
    requireAgreement(all, ledger);
  }),
);

test(
  'a backend deleted while its constructor runs is gone at once, with what it ran in',
  scene(async ({ client, createBackend, untilLeft }) => {
    class Slow {
      constructor() {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
    }
    for (let round = 0; round < 5; round++) {
      const created = fails(createBackend('slow', Slow), 'CANCELLED');
      await until(async () => (await client.status()).replicas.length === 1, 'the replica to start');
      await client.deleteBackend('slow');
      await created;
      assert.equal(await client.listBackends(), {});
    }
    await untilLeft(0);
  }),
);

test.run();
