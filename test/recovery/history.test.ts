/** What was changed is listed, and everything can be as it was: in an instance of this process, and in a detached one. */
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withDetached } from '../support/detached.ts';
import { fails, until, withInstance } from '../support/instance.ts';

const test = suite('history and rollback');

type Run = (client: serve.Client) => Promise<void>;

/** The same in both. */
function everywhere(title: string, run: Run): void {
  test(`inline: ${title}`, withInstance(run, { http: null }));
  test(
    `detached: ${title}`,
    withDetached(async (instance) => run(await instance.start({ http: { port: 0 } }))),
  );
}

async function answersOf(client: serve.Client, endpoint: string, count = 20): Promise<unknown[]> {
  const handle = await client.getHandle(endpoint);
  return Promise.all(Array.from({ length: count }, () => handle.remote()));
}

everywhere('each change is one entry, refused ones are none', async (client) => {
  const began = new Date().toISOString();
  assert.equal(await client.history(), []);
  await client.createBackend('v1', () => 1);
  await fails(
    client.createBackend('v1', () => 1),
    'BACKEND_EXISTS',
  );
  await client.createEndpoint('model', { backend: 'v1', route: '/model' });
  await client.createBackend('v2', () => 2);
  await fails(client.setTraffic('model', { v1: 0.5, v2: 0.4 }), 'INVALID_TRAFFIC');
  await client.setTraffic('model', { v1: 0.5, v2: 0.5 });
  await client.shadowTraffic('model', 'v2', 0.25);
  await client.updateBackendConfig('v1', { maxQueuedQueries: 7 });
  await client.updateBackend('v2', () => 'two');
  const entries = await client.history();
  assert.equal(
    entries.map(({ revision, operation, summary }) => `${revision} ${operation}: ${summary}`),
    [
      "1 create-backend: backend 'v1' created",
      "2 create-endpoint: endpoint 'model' created at /model",
      "3 create-backend: backend 'v2' created",
      '4 set-traffic: traffic of \'model\': {"v1":0.5,"v2":0.5}',
      "5 shadow-traffic: shadow of 'model': 0.25 to 'v2'",
      "6 update-backend-config: backend 'v1': maxQueuedQueries set",
      "7 update-backend: backend 'v2': its code was replaced",
    ],
  );
  for (const { at, author } of entries) {
    assert.ok(at >= began && at <= new Date().toISOString(), at);
    assert.match(author, new RegExp(`\\(process ${process.pid}\\)$`));
  }
  assert.is((await client.status()).instance.revision, 7);
});

everywhere(
  'a rollback brings back code, config, endpoints, traffic and shadows, and is a revision itself',
  async (client) => {
    await client.createBackend('v1', (request) => `one ${request.data ?? ''}`.trim(), {
      config: { maxQueuedQueries: 7 },
    });
    await client.createBackend('v2', () => 'two', { config: { numReplicas: 2 } });
    await client.createEndpoint('model', {
      backend: 'v1',
      route: '/model',
      methods: ['GET', 'POST'],
      idempotent: true,
    });
    await client.setTraffic('model', { v1: 0.5, v2: 0.5 });
    await client.shadowTraffic('model', 'v2', 0.5);
    const [endpoints, backends] = [await client.listEndpoints(), await client.listBackends()];

    await client.updateBackend('v1', () => 'another');
    await client.setTraffic('model', { v1: 1 });
    await client.deleteEndpoint('model');
    await client.deleteBackend('v2');
    await client.updateBackendConfig('v1', { numReplicas: 3, maxQueuedQueries: 9 });
    await client.createBackend('v3', () => 'three');
    await client.createEndpoint('other', { backend: 'v3', route: '/model' });

    await client.rollback(5);
    assert.equal(await client.listEndpoints(), endpoints);
    assert.equal(await client.listBackends(), backends);
    assert.equal(new Set(await answersOf(client, 'model')), new Set(['one', 'two']));
    await fails(client.getHandle('other'), 'ENDPOINT_NOT_FOUND');
    await until(async () => (await client.status()).replicas.length === 3, 'only those replicas to be left');
    const last = (await client.history()).at(-1);
    assert.equal([last?.revision, last?.operation, last?.summary], [13, 'rollback', 'everything as in revision 5']);

    await client.rollback(12);
    assert.equal(await answersOf(client, 'other', 1), ['three']);
    await fails(client.getHandle('model'), 'ENDPOINT_NOT_FOUND');
    assert.equal(Object.keys(await client.listBackends()).sort(), ['v1', 'v3']);
  },
);

everywhere('a userConfig comes back, also to none', async (client) => {
  class Model {
    #config: unknown = 'none';
    reconfigure(config: unknown) {
      this.#config = config;
    }
    call() {
      return this.#config;
    }
  }
  await client.createBackend('model', Model);
  await client.createEndpoint('model', { backend: 'model' });
  await client.updateBackendConfig('model', { userConfig: { threshold: 0.5, labels: ['a', 'b'] } });
  await client.updateBackendConfig('model', { userConfig: { threshold: 0.9 } });
  await client.rollback(3);
  assert.equal(await answersOf(client, 'model', 1), [{ threshold: 0.5, labels: ['a', 'b'] }]);
  await client.rollback(2);
  assert.equal(await answersOf(client, 'model', 1), ['none']);
});

everywhere('a revision that was never made is refused, naming those there are', async (client) => {
  await fails(client.rollback(1), 'INVALID_ARGUMENT', 'there is no revision 1: nothing has been changed yet');
  await client.createBackend('v1', () => 1);
  await client.createBackend('v2', () => 2);
  await fails(client.rollback(3), 'INVALID_ARGUMENT', 'there is no revision 3: 1 to 2 are kept; see history()');
  await fails(client.rollback(0), 'INVALID_ARGUMENT', 'there is no revision 0');
  await fails(client.rollback(1.5), 'INVALID_ARGUMENT', 'revision must be an integer');
  await fails(client.rollback('1' as unknown as number), 'INVALID_ARGUMENT', "'1'");
  assert.is((await client.history()).length, 2);
});

test(
  'a rollback of which one part fails changes nothing, and what serves goes on serving',
  withInstance(
    async (client) => {
      const isBroken = new Int32Array(new SharedArrayBuffer(4));
      class Fragile {
        constructor() {
          if (Atomics.load(isBroken, 0) === 1) throw new Error('no weights any more');
        }
        call() {
          return 'fragile';
        }
      }
      await client.createBackend('steady', () => 'old');
      await client.createBackend('fragile', Fragile);
      await client.createEndpoint('model', { backend: 'steady' });
      await client.updateBackend('steady', () => 'new');
      await client.deleteBackend('fragile');
      Atomics.store(isBroken, 0, 1);
      const before = await client.listBackends();
      const failure = await fails(client.rollback(3), 'BACKEND_START_FAILED', 'no weights any more');
      assert.is((failure.cause as Error).message, 'no weights any more');
      assert.equal(await client.listBackends(), before);
      assert.equal(new Set(await answersOf(client, 'model')), new Set(['new']));
      assert.is((await client.history()).at(-1)?.operation, 'delete-backend');
      await until(async () => (await client.status()).replicas.length === 1, 'nothing of it to be left');
    },
    { http: null },
  ),
);

test(
  'a change that is asked for during a rollback comes after it, and one under way before it',
  withInstance(
    async (client) => {
      const gate = new Int32Array(new SharedArrayBuffer(4));
      class Waits {
        constructor() {
          Atomics.wait(gate, 0, 0);
        }
        call() {}
      }
      await client.createBackend('v1', () => 1);
      await client.createEndpoint('model', { backend: 'v1' });
      const creating = client.createBackend('slow', Waits);
      await until(async () => (await client.status()).backends.slow !== undefined, 'it is under way');
      const rolling = client.rollback(1);
      const after = client.createBackend('later', () => 'later');
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      await Promise.all([creating, rolling, after]);
      assert.equal(Object.keys(await client.listBackends()), ['v1', 'later']);
      assert.equal(
        (await client.history()).map(({ operation }) => operation),
        ['create-backend', 'create-endpoint', 'create-backend', 'rollback', 'create-backend'],
      );
    },
    { http: null },
  ),
);

test(
  'code that shares memory with its maker comes back in the same process',
  withInstance(
    async (client) => {
      const shared = new Int32Array(new SharedArrayBuffer(4));
      await client.createBackend('counts', () => Atomics.add(shared, 0, 1));
      await client.createEndpoint('counts', { backend: 'counts' });
      await client.updateBackend('counts', () => 'other');
      await client.rollback(2);
      await answersOf(client, 'counts', 3);
      assert.is(shared[0], 3);
    },
    { http: null },
  ),
);

test.run();
