/**
 * Rows 72 and 73: an instance that is killed in the middle of a change has made it or not, and has made it if it said so.
 * (The same at each system call of the store: test/store/kills.test.ts.)
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FAIL_POINTS, type FailPoint } from '../../lib/wire/fail-point.ts';
import { Detached } from '../support/detached.ts';
import { until } from '../support/instance.ts';

const test = suite('an instance killed at named points');

class Tunable {
  #config: unknown = null;
  reconfigure(config: unknown): void {
    this.#config = config;
  }
  call(): unknown {
    return this.#config;
  }
}

/** Every change there is, and what takes it back. */
const CHANGES: readonly (readonly [
  string,
  (client: serve.Client) => Promise<void>,
  (client: serve.Client) => Promise<void>,
])[] = [
  ['createBackend', (c) => c.createBackend('new', () => 'new'), (c) => c.deleteBackend('new')],
  ['updateBackend', (c) => c.updateBackend('spare', () => 'other'), (c) => c.updateBackend('spare', () => 'spare')],
  [
    'updateBackendConfig: more replicas',
    (c) => c.updateBackendConfig('spare', { numReplicas: 2 }),
    (c) => c.updateBackendConfig('spare', { numReplicas: 1 }),
  ],
  [
    'updateBackendConfig: a userConfig',
    (c) => c.updateBackendConfig('tunable', { userConfig: { cut: 2 } }),
    (c) => c.updateBackendConfig('tunable', { userConfig: { cut: 1 } }),
  ],
  ['deleteBackend', (c) => c.deleteBackend('unused'), (c) => c.createBackend('unused', () => 'unused')],
  [
    'createEndpoint',
    (c) => c.createEndpoint('added', { backend: 'steady', route: '/added' }),
    (c) => c.deleteEndpoint('added'),
  ],
  [
    'updateEndpoint',
    (c) => c.updateEndpoint('extra', { route: '/moved' }),
    (c) => c.updateEndpoint('extra', { route: '/extra' }),
  ],
  [
    'deleteEndpoint',
    (c) => c.deleteEndpoint('extra'),
    (c) => c.createEndpoint('extra', { backend: 'steady', route: '/extra' }),
  ],
  [
    'setTraffic',
    (c) => c.setTraffic('steady', { steady: 0.5, spare: 0.5 }),
    (c) => c.setTraffic('steady', { steady: 1 }),
  ],
  ['shadowTraffic', (c) => c.shadowTraffic('steady', 'spare', 0.5), (c) => c.shadowTraffic('steady', 'spare', 0)],
  ['rollback', (c) => c.rollback(5), async (c) => c.rollback(((await c.history()).at(-1)?.revision ?? 0) - 1)],
];

/** Everything that was asked for, and the number of the last change. */
async function wanted(client: serve.Client): Promise<{ state: unknown; revision: number }> {
  const [state, { instance }] = await Promise.all([client.describe(), client.status()]);
  return { state, revision: instance.revision };
}

/** A change that was under way when the instance was killed: what is true of it afterwards. */
async function killedDuring(
  instance: Detached,
  arm: (point: FailPoint) => void,
  [title, change]: (typeof CHANGES)[number],
  point: FailPoint,
): Promise<boolean> {
  const client = await instance.connect();
  const before = await wanted(client);
  const { pid } = (await client.status()).instance;
  arm(point);
  const outcome = await change(client).then(
    () => 'acknowledged',
    (error: serve.ServeError) => error.code,
  );
  const again = await instance.connectAgain(pid);
  const after = await wanted(again);
  const isThere = after.revision === before.revision + 1;
  const where = `${title} at '${point}': ${outcome}`;
  if (isThere) assert.is.not(JSON.stringify(after.state), JSON.stringify(before.state), `${where}: all of it is there`);
  else assert.equal(after, before, `${where}: nothing of it is there`);
  if (outcome === 'acknowledged') assert.ok(isThere, `${where}, and lost`);
  else assert.is(outcome, 'INSTANCE_NOT_FOUND', where);
  assert.is((await again.history()).length, after.revision, `${where}: each change is in the history once`);
  const runs = async () => (await again.status()).replicas.every(({ state }) => state === 'RUNNING');
  await until(runs, `${where}: its replicas to run`);
  const handle = await again.getHandle('steady');
  assert.ok(['steady', 'spare', 'other'].includes(String(await handle.remote())), `${where}: it serves`);
  return isThere;
}

for (const entry of CHANGES) {
  const [title, , undo] = entry;
  test(`${title}: wholly there or not at all, and there when it was acknowledged`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fail-point-'));
    const armed = join(directory, 'at');
    const instance = new Detached(`killed-${CHANGES.indexOf(entry)}`);
    process.env.SERVELAB_FAIL_POINT = armed;
    try {
      const client = await instance.start({ http: { port: 0 } });
      for (const tag of ['steady', 'spare', 'unused'])
        await client.createBackend(tag, new Function(`return '${tag}'`) as () => string);
      await client.createBackend('tunable', Tunable, { config: { userConfig: { cut: 1 } } });
      await client.createEndpoint('steady', { backend: 'steady', route: '/' });
      await client.createEndpoint('extra', { backend: 'steady', route: '/extra' });
      await client.setTraffic('steady', { steady: 1 });
      const found: Partial<Record<FailPoint, boolean>> = {};
      for (const point of FAIL_POINTS) {
        found[point] = await killedDuring(instance, (name) => writeFileSync(armed, name), entry, point);
        assert.not.ok(existsSync(armed), `${title} passes '${point}'`);
        if (found[point]) await undo(await instance.connect());
      }
      assert.equal(found, { ready: false, checked: false, written: true, published: true, answered: true });
    } finally {
      delete process.env.SERVELAB_FAIL_POINT;
      await instance.end();
      rmSync(directory, { recursive: true });
    }
  });
}

test.run();
