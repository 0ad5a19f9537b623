import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { type LoadAnswer, request, statuses } from '../support/load.ts';
import { requireAgreement, type Scene, scene } from './control-fixture.ts';

const test = isolationSuite('replicas killed under load');

const KILLS = 5;
const LIMIT = 16;
const FAULTS = {
  exit: 'process.exit',
  throw: 'a throw in a timer',
  memory: 'all its memory used',
  spin: 'an endless loop',
} as const;

for (const [fault, title] of Object.entries(FAULTS)) {
  test(
    `${KILLS} replicas ended by ${title}: only started requests fail, each was run once, and all others are answered`,
    scene(async ({ client, createBackend, url, ledger, recorder, load }) => {
      const config = {
        numReplicas: 2,
        maxConcurrentQueries: LIMIT,
        healthCheckPeriodMs: fault === 'spin' ? 200 : 10_000,
      };
      // More than a process of its own comes to by ordinary load.
      const actorOptions = fault === 'memory' ? { maxMemoryBytes: 96 * 1024 * 1024 } : {};
      await createBackend('model', recorder('v1', 2), { config, actorOptions });
      await client.createEndpoint('model', { backend: 'model', route: '/model' });
      const running = load('/model');
      const fatal: LoadAnswer[] = [];
      for (let kill = 1; kill <= KILLS; kill++) {
        await running.more(100);
        fatal.push(await request(`${url}/model?fault=${fault}`, `fatal-${kill}`));
        await until(async () => (await restarts(client)) === kill, 'the replica to be replaced');
        await until(async () => (await client.status()).backends.model?.replicas.running === 2, 'both to run');
      }
      await running.more(100);
      const answers = [...(await running.stop()), ...fatal];
      const failed = answers.filter(({ status }) => status !== 200);
      assert.equal(statuses(fatal), { 502: KILLS });
      assert.equal(Object.keys(statuses(failed)), ['502'], JSON.stringify(statuses(answers)));
      assert.ok(failed.every(({ body }) => body.includes('"REPLICA_DIED"')));
      assert.ok(failed.length <= KILLS * LIMIT, `${failed.length} failed, more than ${KILLS} replicas can hold`);
      const counts = ledger.counts();
      assert.equal(
        failed.filter(({ id }) => counts.get(id) !== 1),
        [],
        'one that had not started failed',
      );
      requireAgreement(answers, ledger);
    }),
  );
}

const restarts = async (client: Scene['client']): Promise<number> =>
  (await client.status()).replicas.reduce((sum, replica) => sum + replica.restarts, 0);

/** 64 requests under way in 4 replicas, which then all die. Resolves with the answers and how many ran again. */
async function massDeath(scene: Scene, idempotent: boolean): Promise<{ answers: LoadAnswer[]; secondRuns: number }> {
  const { client, createBackend, url, ledger, recorder, signals } = scene;
  await createBackend('model', recorder('v1'), { config: { numReplicas: 4, maxConcurrentQueries: LIMIT } });
  await client.createEndpoint('model', { backend: 'model', route: '/model', idempotent });
  let ended = 0;
  const gated = Array.from({ length: 4 * LIMIT }, async (_, i) => {
    const answer = await request(`${url}/model?gate`, `gated-${i}`);
    ended++;
    return answer;
  });
  await signals.heard('entered', 4 * LIMIT);
  const isFull = async (): Promise<boolean> =>
    (await client.status()).replicas.every(({ ongoing }) => ongoing === LIMIT);
  await until(isFull, 'status() to show them, evenly spread');
  signals.say('die');
  await until(async () => (await restarts(client)) === 4, 'all replicas to be replaced');
  await until(() => ended + signals.count('entered') === 8 * LIMIT, 'each query to have ended or to run again');
  signals.say('open');
  const answers = await Promise.all(gated);
  requireAgreement(answers, ledger, idempotent ? 2 : 1);
  return { answers, secondRuns: signals.count('entered') - 4 * LIMIT };
}

test(
  'when all replicas die at once, an idempotent endpoint runs no more than a fifth of its queries again',
  scene(async (scene) => {
    const { answers, secondRuns } = await massDeath(scene, true);
    assert.ok(secondRuns >= 3, `only ${secondRuns} ran again`);
    assert.ok(secondRuns <= Math.ceil(0.2 * 4 * LIMIT), `${secondRuns} of ${4 * LIMIT} ran again`);
    assert.equal(statuses(answers), { 200: secondRuns, 502: 4 * LIMIT - secondRuns });
  }),
);

test(
  'when all replicas die at once, no query of another endpoint runs again',
  scene(async (scene) => {
    const { answers, secondRuns } = await massDeath(scene, false);
    assert.is(secondRuns, 0);
    assert.equal(statuses(answers), { 502: 4 * LIMIT });
  }),
);

test(
  'a query that kills every replica it meets runs four times and no more',
  scene(async ({ client, createBackend, url, ledger, recorder }) => {
    await createBackend('model', recorder('v1'));
    await client.createEndpoint('model', { backend: 'model', route: '/model', idempotent: true });
    const fatal = await request(`${url}/model?fault=exit`, 'fatal');
    assert.is(fatal.status, 502);
    assert.is(ledger.counts().get('fatal'), 4);
    await until(async () => (await client.status()).backends.model?.replicas.running === 1, 'the replica to be back');
    assert.is((await request(`${url}/model`, 'next')).status, 200);
  }),
);

test.run();
