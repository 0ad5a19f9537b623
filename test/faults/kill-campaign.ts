/** Replicas in processes, killed one pair after the other under load, and what must hold of everything else. */
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { listenToStderr } from '../fixtures/faults/rig.ts';
import { type Held, heldNow, untilHeld } from '../support/held.ts';
import { until } from '../support/instance.ts';
import { type LoadAnswer, request, statuses } from '../support/load.ts';
import { childPids, isAlive } from '../support/processes.ts';
import { requireAgreement, type Scene } from './control-fixture.ts';

export interface Killing {
  /** Ends a replica, or has it end itself. */
  kill(victim: serve.ReplicaStatus, scene: Scene): void;
  readonly actorOptions?: serve.CreateBackendGiven['actorOptions'];
  /** Where the instance is to notice by itself. */
  readonly healthCheckPeriodMs?: number;
  /** What the operator is told of each death. */
  readonly reason: RegExp;
}

export const REPLICAS = 4;
const ROUNDS = 7;
const AT_ONCE = 2;
const GATED = 8;
/** Not as much as can be: the processors have replicas to start. */
const LOAD_PER_SECOND = 500;
/** Started by each replica at most. */
const LIMIT = 8;
export const KILLS = ROUNDS * AT_ONCE;

/** Has the victim commit a fault of the recorder's. */
export const toldTo =
  (fault: string): Killing['kill'] =>
  ({ tag }, { signals }) =>
    signals.say(`${fault} ${tag}`);

/** Kills `KILLS` replicas, and fails for anything that is not as it must be. */
export async function campaign(scene: Scene, killing: Killing): Promise<void> {
  const { client, createBackend, recorder, load, ledger } = scene;
  const { actorOptions = {}, healthCheckPeriodMs = 10_000 } = killing;
  const said = listenToStderr();
  try {
    const resting = await restingResources(createBackend, client);
    const config = { numReplicas: REPLICAS, maxConcurrentQueries: LIMIT, healthCheckPeriodMs };
    await createBackend('model', recorder('v1', 2), { config, actorOptions });
    await client.createEndpoint('model', { backend: 'model', route: '/model' });
    const lives = new Lives(client);
    const running = load('/model', 'load', LOAD_PER_SECOND, 16);
    const answers: LoadAnswer[] = [];
    const gated: LoadAnswer[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await running.more(50);
      gated.push(...(await killTwo(scene, killing, lives, round)));
    }
    // In one round the victims may hold none of them, or all.
    assert.equal(Object.keys(statuses(gated)).sort(), ['200', '502']);
    answers.push(...gated);
    await running.more(50);
    answers.push(...(await running.stop()));
    requireOnlyStartedFailed(answers, scene);
    requireAgreement(answers, ledger);

    await client.deleteEndpoint('model');
    await client.deleteBackend('model');
    await lives.end();
    assert.is(lives.pids.size, REPLICAS + KILLS, 'each replacement is another process');
    await until(() => ![...lives.pids].some(isAlive), 'no process to be left');
    await untilHeld(resting);
    assert.is(said.text().match(/ died: /g)?.length, KILLS, said.text());
    assert.is(said.text().match(new RegExp(` died: .*${killing.reason.source}`, 'g'))?.length, KILLS, said.text());
  } finally {
    said.stop();
  }
}

/** Kills two replicas that each hold started queries. Resolves, with what became of those, when both are replaced. */
async function killTwo(scene: Scene, killing: Killing, lives: Lives, round: number): Promise<LoadAnswer[]> {
  const { client, url, signals, ledger } = scene;
  const before = await replicasOf(client);
  const held = Array.from({ length: GATED }, (_, i) => request(`${url}/model?gate`, `gated-${round}-${i}`));
  await signals.heard('entered', GATED * (round + 1));
  const victims = before.filter((_, i) => Math.floor(i / AT_ONCE) === round % (REPLICAS / AT_ONCE));
  for (const victim of victims) killing.kill(victim, scene);
  await lives.replaced(victims.map(({ tag, restarts }) => ({ tag, restarts: restarts + 1 })));
  signals.say('open');
  const answers = await Promise.all(held);

  const isVictim = (tag: string | undefined): boolean => victims.some((victim) => victim.tag === tag);
  const startedBy = ledger.startedBy();
  for (const { id, status } of answers) assert.is(status, isVictim(startedBy.get(id)) ? 502 : 200, id);
  const lifeOf = ({ tag, pid, restarts }: serve.ReplicaStatus): string => `${tag} ${pid} ${restarts}`;
  const others = (all: readonly serve.ReplicaStatus[]) => all.filter(({ tag }) => !isVictim(tag)).map(lifeOf);
  assert.equal(others(await replicasOf(client)), others(before), 'the other replicas go on');
  return answers;
}

/** What had not started was served elsewhere; what had started failed once, and its caller was told where. */
function requireOnlyStartedFailed(answers: readonly LoadAnswer[], { ledger }: Scene): void {
  const counts = ledger.counts();
  const startedBy = ledger.startedBy();
  const failed = answers.filter(({ status }) => status !== 200);
  assert.equal(Object.keys(statuses(failed)), ['502'], JSON.stringify(statuses(answers)));
  assert.ok(failed.length <= KILLS * LIMIT, `${failed.length} failed, more than ${KILLS} replicas can hold`);
  for (const { id, body } of failed) {
    assert.ok((counts.get(id) ?? 0) <= 1, `${id} has started ${counts.get(id)} times`);
    const by = startedBy.get(id) ?? 'model#\\d+';
    assert.match(body, new RegExp(`"REPLICA_DIED".*replica '${by}' died`));
  }
  // A query counts as started just before its function runs: death can come before the function's first line.
  const unrecorded = failed.filter(({ id }) => !counts.has(id));
  assert.ok(unrecorded.length <= KILLS, `${unrecorded.length} failed and had not started`);
}

const replicasOf = async (client: serve.Client): Promise<serve.ReplicaStatus[]> =>
  (await client.status()).replicas.filter(({ backend }) => backend === 'model');

/** The replicas of an instance as its watchers see them. */
class Lives {
  readonly pids = new Set<number>();
  readonly #snapshots: AsyncIterableIterator<serve.ServeStatus>;
  readonly #watching: Promise<void>;
  #replicas: readonly serve.ReplicaStatus[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(client: serve.Client) {
    this.#snapshots = client.watch();
    this.#watching = this.#watch();
  }

  /** Resolves when each of these runs and has been restarted so often. */
  async replaced(wanted: readonly Pick<serve.ReplicaStatus, 'tag' | 'restarts'>[]): Promise<void> {
    const isThere = ({ tag, restarts }: Pick<serve.ReplicaStatus, 'tag' | 'restarts'>): boolean =>
      this.#replicas.some((one) => one.tag === tag && one.restarts === restarts && one.state === 'RUNNING');
    const late = performance.now() + 60_000;
    while (!wanted.every(isThere)) {
      assert.ok(performance.now() < late, `not replaced within a minute: ${JSON.stringify(this.#replicas)}`);
      await this.#changed.promise;
    }
  }

  async end(): Promise<void> {
    await this.#snapshots.return?.();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    for await (const { replicas } of this.#snapshots) {
      this.#replicas = replicas.filter(({ backend }) => backend === 'model');
      for (const { pid, state } of this.#replicas) if (state === 'RUNNING') this.pids.add(pid);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}

/** What the instance holds once it has had a replica in a process. */
async function restingResources(createBackend: Scene['createBackend'], client: serve.Client): Promise<Held> {
  await createBackend('first', () => 'first');
  await client.deleteBackend('first');
  await until(() => childPids().length === 0, 'it to be gone');
  return heldNow();
}
