/** Replicas that call replicas, in threads and in processes, while those that are called are killed under load. */
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { ISOLATIONS, type Isolation, inIsolation, isolationSuite } from '../support/isolations.ts';
import { statuses } from '../support/load.ts';
import { requireAgreement, type Scene, scene } from './control-fixture.ts';

const test = isolationSuite('composed calls whose callee is killed');

const KILLS = 4;
const LIMIT = 8;

async function killUnderComposedLoad(given: Scene, callee: Isolation, query: string): Promise<void> {
  const { client, createBackend, recorder, through, load, signals, ledger } = given;
  const config = { numReplicas: 2, maxConcurrentQueries: LIMIT };
  await inIsolation(client, callee)('leaf', recorder('v1', 2), { config });
  await createBackend('top', through(), { config: { numReplicas: 2 } });
  await client.createEndpoint('leaf', { backend: 'leaf' });
  await client.createEndpoint('top', { backend: 'top', route: '/top' });
  const lives = async () =>
    (await replicasOf(client, 'top')).map(({ tag, pid, restarts }) => `${tag} ${pid} ${restarts}`);
  const before = await lives();
  const running = load(`/top?${query}`, 'load', 300, 16);
  for (let kill = 1; kill <= KILLS; kill++) {
    await running.more(50);
    const victim = (await replicasOf(client, 'leaf'))[kill % 2];
    if (callee === 'process') process.kill(victim?.pid ?? 0, 'SIGKILL');
    else signals.say(`exit ${victim?.tag}`);
    await until(async () => {
      const leaves = await replicasOf(client, 'leaf');
      const made = leaves.reduce((sum, { restarts }) => sum + restarts, 0);
      return made === kill && leaves.every(({ state }) => state === 'RUNNING');
    }, 'the replica to be replaced');
  }
  await running.more(50);
  const answers = await running.stop();
  const failed = answers.filter(({ status }) => status !== 200);
  assert.ok(
    failed.every(({ status }) => status === 502),
    JSON.stringify(statuses(answers)),
  );
  assert.ok(failed.length <= KILLS * LIMIT, `${failed.length} failed, more than ${KILLS} replicas can hold`);
  const [counts, startedBy] = [ledger.counts(), ledger.startedBy()];
  const unrecorded = failed.filter(({ id }) => !counts.has(id)).length;
  // Between "started" and its code's first line a signal from outside may come, once for each replica.
  const most = callee === 'process' ? KILLS : 0;
  assert.ok(unrecorded <= most, `${unrecorded} failed and had not started`);
  for (const { id, body } of failed) {
    if (counts.has(id)) assert.ok(body.includes(`replica '${startedBy.get(id)}' died`), body);
  }
  requireAgreement(answers, ledger);
  assert.equal(await lives(), before, 'the callers live');
}

const replicasOf = async (client: serve.Client, tag: string): Promise<serve.ReplicaStatus[]> =>
  (await client.status()).replicas.filter(({ backend }) => backend === tag);

for (const callee of ISOLATIONS) {
  for (const [query, how] of [
    ['', 'by a router of their own'],
    ['sync', 'by the router of the instance, while they block'],
  ] as const) {
    test(
      `calls a ${callee}, ${how}: only started queries fail, once, and their callers live`,
      scene((given) => killUnderComposedLoad(given, callee, query)),
    );
  }
}

test.run();
