import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { type Held, heldNow, untilHeld } from '../support/held.ts';
import { until } from '../support/instance.ts';
import { type Isolation, isolationSuite } from '../support/isolations.ts';
import { type CodeUpdate, type Refusal, refusalOf } from '../support/remote-caller.ts';
import { Callers } from './code-callers.ts';
import { type Recorded, type Scene, scene } from './control-fixture.ts';

const test = isolationSuite('code updates under load');

const UPDATES = 20;
const MODEL = { numReplicas: 2 };
const BATCHES = { maxBatchSize: 8, batchWaitTimeoutMs: 2 };
/** What a replica of the model takes; there are enough for the old ones and the new, as those before them still leave. */
const SEAT = { custom: { seat: 1 } };
const CODE = new URL('../../../test/fixtures/load/unstartable.ts', import.meta.url);
const RESOURCES = { resources: { custom: { seat: 6 } } };

test(
  `${UPDATES} updates lose nothing, double nothing, and no older code answers once the call has resolved`,
  scene(async (scene) => {
    const { client, isolation, recorderCode, batchRecorder } = scene;
    const held = await prepare(scene);
    await Callers.during(scene, async (callers) => {
      for (let version = 1; version <= UPDATES; version++) {
        await callers.openStreams();
        const model = { tag: 'model', ...recorderCode(String(version), 2), actorOptions: { isolation, ...SEAT } };
        const batches = { actorOptions: { isolation } };
        const [refusal] = await Promise.all([
          version % 2 === 0 ? updateFrom(client, model) : callers.update(model),
          client.updateBackend('batches', batchRecorder(String(version), 2), batches),
        ]);
        assert.is(refusal, null);
        await callers.mark(version);
        await callers.more(10);
        callers.endStreams();
      }
      await callers.requireAllWell(Array.from({ length: UPDATES + 1 }, (_, version) => version));
    });
    await requireReplicas(client, [`model#${2 * UPDATES + 1}`, `model#${2 * UPDATES + 2}`]);
    await untilHeld(held);
  }, RESOURCES),
);

interface Unstartable {
  readonly exportName: string;
  readonly module?: string;
  readonly config?: CodeUpdate['config'];
  readonly actorOptions?: CodeUpdate['actorOptions'];
  readonly code: serve.ServeErrorCode;
  /** Of the message, and of the cause's; null: there is no cause. */
  readonly says: RegExp;
  readonly cause: RegExp | null;
  readonly only?: Isolation;
}

const UNSTARTABLE: readonly Unstartable[] = [
  {
    exportName: 'Throws',
    code: 'BACKEND_START_FAILED',
    says: /'model' could not start: .*no weights/,
    cause: /^RangeError: no weights$/,
  },
  {
    exportName: 'Model',
    module: new URL('nowhere.ts', CODE).href,
    code: 'BACKEND_START_FAILED',
    says: /nowhere/,
    cause: /nowhere/,
  },
  { exportName: 'Missing', code: 'BACKEND_START_FAILED', says: /has no export 'Missing'/, cause: null },
  {
    exportName: 'NeverEnds',
    actorOptions: { startTimeoutMs: 250 },
    code: 'BACKEND_START_FAILED',
    says: /startTimeoutMs, 250 ms/,
    cause: /startTimeoutMs, 250 ms/,
  },
  { exportName: 'Exits', code: 'BACKEND_START_FAILED', says: /exit/, cause: /exit/ },
  { exportName: 'IsKilled', code: 'BACKEND_START_FAILED', says: /SIGKILL/, cause: /SIGKILL/, only: 'process' },
  {
    exportName: 'StartsAlone',
    config: { maxBatchSize: 4 },
    code: 'BATCH_NOT_ACCEPTED',
    says: /acceptBatch/,
    cause: null,
  },
  { exportName: 'StartsAlone', config: { userConfig: 1 }, code: 'INVALID_ARGUMENT', says: /reconfigure/, cause: null },
  {
    exportName: 'StartsAlone',
    actorOptions: { custom: { seat: 3 } },
    code: 'INSUFFICIENT_RESOURCES',
    says: /3 'seat' for each of 2 replicas.* 4 of 6 'seat' free/,
    cause: null,
  },
];

test(
  `${UPDATES} that fail to start lose nothing, change nothing, and say why; the old code answers everybody`,
  scene(async (scene) => {
    const { client, isolation, recorderCode } = scene;
    const held = await prepare(scene);
    const before = await lifeOf(client);
    const failures = UNSTARTABLE.filter(({ only = isolation }) => only === isolation);
    await Callers.during(scene, async (callers) => {
      for (let time = 0; time < UPDATES; time++) {
        const one = pick(failures, time);
        const { exportName, module = CODE.href, config = {}, code, says, cause } = one;
        const actorOptions = { isolation, ...SEAT, ...one.actorOptions };
        const update = { tag: 'model', module, exportName, initArgs: [], config, actorOptions };
        await callers.openStreams();
        const refusal = await (time % 2 === 0 ? updateFrom(client, update) : callers.update(update));
        const found = { code: 'none', message: 'none', ...refusal };
        assert.is(found.code, code, `${exportName}: ${found.message}`);
        assert.match(found.message, says);
        const { name, message } = found.cause ?? { name: 'no', message: 'cause' };
        assert.match(`${name}: ${message}`, cause ?? /^no: cause$/);
        assert.equal(await lifeOf(client), before, exportName);
        await callers.more(5);
        callers.endStreams();
      }
      await callers.requireAllWell([0]);
    });
    await requireReplicas(client, ['model#1', 'model#2']);
    await untilHeld(held);
    const fixed = { tag: 'model', ...recorderCode('1'), actorOptions: { isolation, ...SEAT } };
    assert.is(await updateFrom(client, fixed), null);
    assert.is(((await (await client.getHandle('leaf')).remote()) as Recorded).version, '1');
  }, RESOURCES),
);

function pick<T>(all: readonly T[], turn: number): T {
  const one = all[turn % all.length];
  if (one === undefined) throw new Error('there is nothing to pick');
  return one;
}

/** Whatever would be another if anything had been replaced, restarted or changed. */
async function lifeOf(client: serve.Client): Promise<unknown> {
  const { instance, replicas, backends, endpoints } = await client.status();
  const lives = replicas.map(({ tag, state, pid, threadId, restarts, startedAt }) => [
    tag,
    state,
    pid,
    threadId,
    restarts,
    startedAt,
  ]);
  const traffic = Object.values(endpoints).map((endpoint) => endpoint.traffic);
  return [instance.revision, lives, backends.model?.config, backends.model?.replicas, traffic];
}

async function updateFrom(client: serve.Client, update: CodeUpdate): Promise<Refusal | null> {
  const { tag, module, exportName, initArgs, config = {}, actorOptions = {} } = update;
  const updated = client.updateBackend(tag, serve.imported(module, exportName, initArgs), { config, actorOptions });
  return updated.then(() => null, refusalOf);
}

/** The backends and endpoints of `Callers`. Resolves with what is held once everybody has called. */
async function prepare({ client, createBackend, recorder, batchRecorder, through }: Scene): Promise<Held> {
  await createBackend('model', recorder('0', 2), { config: MODEL, actorOptions: SEAT });
  await createBackend('batches', batchRecorder('0', 2), { config: BATCHES });
  await createBackend('through', through());
  await client.createEndpoint('leaf', { backend: 'model', route: '/leaf' });
  await client.createEndpoint('batches', { backend: 'batches', route: '/batches' });
  await client.createEndpoint('through', { backend: 'through', route: '/through' });
  await Promise.all(['leaf', 'batches', 'through'].map(async (name) => (await client.getHandle(name)).remote()));
  return heldNow();
}

async function requireReplicas(client: serve.Client, wanted: readonly string[]): Promise<void> {
  const left = async (): Promise<string> => {
    const { replicas } = await client.status();
    return replicas
      .filter(({ backend }) => backend === 'model')
      .map(({ tag, state }) => `${tag} ${state}`)
      .join();
  };
  const all = wanted.map((tag) => `${tag} RUNNING`).join();
  await until(async () => (await left()) === all, 'only the newest code to be left', 30_000).catch(() => {});
  assert.is(await left(), all);
  const { nodes, backends } = await client.status();
  assert.is(nodes[0]?.custom.seat?.used, wanted.length);
  assert.equal(backends.model?.replicas, { target: wanted.length, running: wanted.length, pending: [] });
}

test.run();
