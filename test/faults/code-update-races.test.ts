import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { listenToStderr } from '../fixtures/faults/rig.ts';
import { failureOf, until } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { Ledger } from '../support/ledger.ts';
import { type LoadAnswer, request, statuses } from '../support/load.ts';
import {
  answersIn,
  recordedIn,
  requireAgreement,
  requireAllServed,
  type Scene,
  type Span,
  scene,
} from './control-fixture.ts';

const test = isolationSuite('code updates and what else happens');

/** The number of the version that answered. */
const versionIn = (answer: LoadAnswer): number => Number(recordedIn(answer).version);

const replicasOf = async (client: serve.Client, tag = 'model'): Promise<serve.ReplicaStatus[]> =>
  (await client.status()).replicas.filter(({ backend }) => backend === tag);

/** One backend `model` of version 0 behind the endpoint `model`. */
async function prepare({ client, createBackend, recorder }: Scene, config: Config = {}): Promise<void> {
  await createBackend('model', recorder('0', 1), { config });
  await client.createEndpoint('model', { backend: 'model', route: '/model' });
}

/** Where what the operator is told of deaths is not wanted. */
function quietScene(run: (scene: Scene) => Promise<void>): ReturnType<typeof scene> {
  const played = scene(run);
  return async (isolation) => {
    const said = listenToStderr();
    try {
      await played(isolation);
    } finally {
      said.stop();
    }
  };
}

type Config = NonNullable<serve.CreateBackendGiven['config']>;

test.threads(
  'replicas move from threads to processes and back, and nobody notices',
  scene(async (scene) => {
    const { client, recorder, load, ledger, untilLeft } = scene;
    await prepare(scene, { numReplicas: 2 });
    const running = load('/model', 'load', 200);
    for (let version = 1; version <= 6; version++) {
      const isolation = version % 2 === 1 ? 'process' : 'thread';
      await client.updateBackend('model', recorder(String(version), 1), { actorOptions: { isolation } });
      const serving = (await replicasOf(client)).filter(({ state }) => state === 'RUNNING');
      assert.equal(
        serving.map((replica) => replica.isolation),
        [isolation, isolation],
      );
      await running.more(50);
    }
    const answers = await running.stop();
    requireAllServed(answers, ledger);
    assert.is(new Set(answers.map(versionIn)).size, 7);
    await untilLeft(2);
  }),
);

test(
  'updates, scalings and changes of config at once end where the last of each says, and fail no query',
  scene(async (scene) => {
    const { client, recorder, isolation, load, ledger, untilLeft } = scene;
    await prepare(scene);
    const running = load('/model', 'load', 200);
    const update = (version: number, config: Config = {}): Promise<void> =>
      client.updateBackend('model', recorder(String(version), 1), { config, actorOptions: { isolation } });
    const spans: Span<number>[] = [];
    for (let round = 1; round <= 3; round++) {
      const last = 10 * round;
      await Promise.all([
        client.updateBackendConfig('model', { numReplicas: 3 }),
        update(last - 3),
        client.updateBackendConfig('model', { numReplicas: 1, maxConcurrentQueries: 20 + round }),
        update(last - 2, { maxQueuedQueries: 500 + round }),
        update(last - 1, { numReplicas: 2 }),
        update(last),
      ]);
      const from = performance.now();
      await running.more(50);
      spans.push({ value: last, from, until: performance.now() });
      const config = await client.getBackendConfig('model');
      assert.equal(
        [config.numReplicas, config.maxConcurrentQueries, config.maxQueuedQueries],
        [2, 20 + round, 500 + round],
      );
    }
    const answers = await running.stop();
    requireAllServed(answers, ledger);
    for (const span of spans) {
      const versions = new Set(answersIn(answers, span).map(versionIn));
      assert.equal([...versions], [span.value], 'one version is left');
    }
    await until(async () => (await replicasOf(client)).length === 2, 'the older ones to go');
    await untilLeft(2);
  }),
);

test(
  'traffic switched while code is updated goes where it says, to old code or new, and never back',
  scene(async (scene) => {
    const { client, createBackend, recorder, isolation, load, ledger } = scene;
    await prepare(scene);
    await createBackend('other', recorder('1000', 1));
    const running = load('/model', 'load', 200);
    const spans: Span<(version: number) => boolean>[] = [];
    for (let version = 1; version <= 6; version++) {
      const tag = version % 2 === 1 ? 'model' : 'other';
      const updated = client.updateBackend(tag, recorder(String(tag === 'other' ? 1000 + version : version), 1), {
        actorOptions: { isolation },
      });
      await client.setTraffic('model', { [tag]: 1 });
      const isOfTag = (found: number): boolean => found >= 1000 === (tag === 'other');
      const from = performance.now();
      await updated;
      const updatedAt = performance.now();
      await running.more(50);
      spans.push({ value: isOfTag, from, until: performance.now() });
      spans.push({ value: (found) => found % 1000 === version, from: updatedAt, until: performance.now() });
    }
    const answers = await running.stop();
    requireAllServed(answers, ledger);
    for (const span of spans) {
      const inside = answersIn(answers, span);
      assert.ok(inside.length > 0);
      assert.equal(
        inside.map(versionIn).filter((found) => !span.value(found)),
        [],
      );
    }
  }),
);

test(
  'a shadow is updated without losing a copy, and callers see nothing of it, however its updates end',
  scene(async (scene) => {
    const { client, recorderCode, isolation, createBackend, load, ledger } = scene;
    const shadows = new Ledger();
    const shadow = (version: number): serve.BackendTarget => {
      const { module, exportName, initArgs } = recorderCode(String(version), 1);
      return serve.imported(module, exportName, [{ ...(initArgs[0] as object), ledger: shadows.file }]);
    };
    const broken = class {
      constructor() {
        throw new Error('no weights');
      }
    };
    try {
      await prepare(scene);
      await createBackend('shadow', shadow(0));
      await client.shadowTraffic('model', 'shadow', 1);
      const running = load('/model', 'load', 150);
      for (let version = 1; version <= 3; version++) {
        const options = { actorOptions: { isolation } };
        const failure = await failureOf(client.updateBackend('shadow', broken, options));
        assert.is((failure as serve.ServeError).code, 'BACKEND_START_FAILED');
        await client.updateBackend('shadow', shadow(version), options);
        await running.more(30);
      }
      const answers = await running.stop();
      requireAllServed(answers, ledger);
      assert.ok(answers.every((answer) => recordedIn(answer).version === '0'));
      const copied = (): number => [...shadows.counts().values()].length;
      await until(() => copied() === answers.length, `${answers.length} copies`, 30_000).catch(() => {});
      assert.is(copied(), answers.length);
      assert.ok(
        [...shadows.counts().values()].every((count) => count === 1),
        'a copy was started twice',
      );
      assert.is(new Set(shadows.startedBy().values()).size, 4);
    } finally {
      shadows.delete();
    }
  }),
);

test(
  'a query that takes longer than the grace ends as a 502, once, and the update itself waits for nobody',
  scene(async (scene) => {
    const { client, recorder, isolation, url, signals, ledger, load, untilLeft } = scene;
    await prepare(scene, { numReplicas: 2, gracefulShutdownTimeoutMs: 150 });
    const running = load('/model', 'load', 200, 8);
    await running.more(20);
    const gated = Array.from({ length: 6 }, (_, i) => request(`${url}/model?gate`, `gated-${i}`));
    await signals.heard('entered', 6);
    await client.updateBackend('model', recorder('1', 1), { actorOptions: { isolation } });
    assert.is(versionIn(await request(`${url}/model`, 'next')), 1);
    const cut = await Promise.all(gated);
    assert.equal(statuses(cut), { 502: 6 });
    assert.ok(cut.every(({ body }) => body.includes('"REPLICA_DIED"')));
    await running.more(20);
    const answers = await running.stop();
    assert.equal(Object.keys(statuses(answers)), ['200'], JSON.stringify(statuses(answers)));
    requireAgreement([...answers, ...cut], ledger);
    await untilLeft(2);
  }),
);

test(
  'an old replica that dies before, while and after the new ones take over loses what it had started, and nothing else',
  quietScene(async (scene) => {
    const { client, recorder, isolation, url, signals, ledger, load, untilLeft } = scene;
    await prepare(scene, { numReplicas: 2 });
    const running = load('/model', 'load', 150, 8);
    const all: LoadAnswer[] = [];
    for (let round = 1; round <= 6; round++) {
      await until(async () => (await replicasOf(client)).length === 2, 'the replicas before to go');
      await running.more(20);
      const gated = Array.from({ length: 6 }, (_, i) => request(`${url}/model?gate`, `gated-${round}-${i}`));
      await signals.heard('entered', 6 * round);
      const victim = (await replicasOf(client))[round % 2];
      assert.ok(victim);
      const kill = (): void => signals.say(`exit ${victim.tag}`);
      const update = (): Promise<void> =>
        client.updateBackend('model', recorder(String(round), 1), { actorOptions: { isolation } });
      if (round % 3 === 0) kill();
      const updated = update();
      if (round % 3 === 1) {
        await until(
          async () => (await replicasOf(client)).some(({ state }) => state === 'STARTING'),
          'new ones to start',
        );
        kill();
      }
      await updated;
      if (round % 3 === 2) kill();
      await Promise.race(gated);
      signals.say('open');
      const answers = await Promise.all(gated);
      const startedBy = ledger.startedBy();
      for (const { id, status } of answers) assert.is(status, startedBy.get(id) === victim.tag ? 502 : 200, id);
      assert.ok(answers.some(({ status }) => status === 502));
      all.push(...answers);
    }
    await running.more(20);
    const answers = await running.stop();
    const lost = answers.filter(({ status }) => status !== 200);
    assert.ok(lost.every(({ status, body }) => status === 502 && body.includes('"REPLICA_DIED"')));
    assert.ok(lost.length <= 6 * 8, `${lost.length} lost, more than the load has connections at a time`);
    requireAgreement([...answers, ...all], ledger);
    await until(async () => (await replicasOf(client)).length === 2, 'the older ones to go');
    await untilLeft(2);
  }),
);

test(
  'a backend deleted while its code is updated is gone with old code and new, and its tag is free',
  scene(async (scene) => {
    const { client, createBackend, recorder, isolation, load, ledger, untilLeft } = scene;
    await prepare(scene, { numReplicas: 2 });
    const running = load('/model', 'load', 150);
    const spans: Span<number>[] = [];
    const outcomes: string[] = [];
    for (let round = 1; round <= 6; round++) {
      const updated = client
        .updateBackend('model', recorder(String(100 + round), 1), { actorOptions: { isolation } })
        .then(
          () => 'updated',
          (error: serve.ServeError) => error.code,
        );
      if (round % 3 === 1) await until(async () => (await replicasOf(client)).length > 2, 'the new ones to start');
      if (round % 3 === 2) await updated;
      await client.deleteEndpoint('model');
      await client.deleteBackend('model');
      await createBackend('model', recorder(String(round), 1), { config: { numReplicas: 2 } });
      await client.createEndpoint('model', { backend: 'model', route: '/model' });
      outcomes.push(await updated);
      const from = performance.now();
      await running.more(30);
      spans.push({ value: round, from, until: performance.now() });
      assert.equal(
        (await replicasOf(client)).map(({ tag, state }) => `${tag} ${state}`),
        ['model#1 RUNNING', 'model#2 RUNNING'],
      );
    }
    const answers = await running.stop();
    assert.equal(Object.keys(statuses(answers)), ['200', '404'], JSON.stringify(statuses(answers)));
    for (const span of spans) {
      const inside = answersIn(answers, span);
      assert.ok(inside.length > 0);
      assert.ok(inside.every((answer) => versionIn(answer) === span.value));
    }
    requireAgreement(answers, ledger);
    assert.ok(
      outcomes.every((outcome) => outcome === 'updated' || outcome === 'BACKEND_NOT_FOUND'),
      `${outcomes}`,
    );
    assert.ok(outcomes.includes('updated') && outcomes.includes('BACKEND_NOT_FOUND'), `${outcomes}`);
    await untilLeft(2);
  }),
);

test.run();
