import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';

const test = suite('backend config');

const DEFAULTS = {
  numReplicas: 1,
  maxBatchSize: null,
  batchWaitTimeoutMs: 0,
  maxConcurrentQueries: null,
  maxQueuedQueries: 10_000,
  requestTimeoutMs: null,
  userConfig: undefined,
  gracefulShutdownTimeoutMs: 20_000,
  healthCheckPeriodMs: 10_000,
};

class Model {
  seen: unknown[] = [];
  reconfigure(config: unknown): void {
    this.seen.push(config);
  }
  call(): unknown {
    return this.seen;
  }
}

test(
  'a config not given has exactly the defaults of the contract',
  withInstance(async (client) => {
    await client.createBackend('x', () => 1);
    assert.equal(await client.getBackendConfig('x'), DEFAULTS);
    assert.equal(await client.listBackends(), { x: DEFAULTS });
    const { replicas } = await client.status();
    assert.equal(
      replicas.map(({ limit }) => limit),
      [100],
    );
  }),
);

test(
  'an update changes the given keys alone, and replicas keep their tags',
  withInstance(async (client) => {
    await client.createBackend('x', () => 1, { config: { numReplicas: 2 } });
    const before = (await client.status()).replicas.map(({ tag }) => tag);
    await client.updateBackendConfig('x', { maxConcurrentQueries: 3, requestTimeoutMs: undefined as never });
    assert.equal(await client.getBackendConfig('x'), { ...DEFAULTS, numReplicas: 2, maxConcurrentQueries: 3 });
    const { replicas } = await client.status();
    assert.equal(
      replicas.map(({ tag }) => tag),
      before,
    );
    assert.equal(
      replicas.map(({ limit }) => limit),
      [3, 3],
    );
  }),
);

test(
  'an update resolves when the replicas are there, and when they are gone',
  withInstance(async (client) => {
    await client.createBackend('x', () => 1);
    await client.updateBackendConfig('x', { numReplicas: 3 });
    assert.equal((await client.status()).backends.x?.replicas, { target: 3, running: 3, pending: [] });
    await client.updateBackendConfig('x', { numReplicas: 1 });
    assert.equal((await client.status()).backends.x?.replicas, { target: 1, running: 1, pending: [] });
  }),
);

test(
  'an update that is refused changes nothing',
  withInstance(async (client) => {
    await client.createBackend('x', () => 1);
    await fails(client.updateBackendConfig('y', { numReplicas: 2 }), 'BACKEND_NOT_FOUND', "'y'");
    await fails(
      client.updateBackendConfig('x', { numReplicas: 2, maxBatchSize: 4 }),
      'BATCH_NOT_ACCEPTED',
      'acceptBatch',
    );
    await fails(client.updateBackendConfig('x', { numReplicas: -1 }), 'INVALID_ARGUMENT', 'numReplicas', '>= 0', '-1');
    await fails(
      client.updateBackendConfig('x', { replicas: 2 } as never),
      'INVALID_ARGUMENT',
      "'replicas'",
      "did you mean 'numReplicas'?",
    );
    await fails(client.updateBackendConfig('x', { userConfig: 1 }), 'INVALID_ARGUMENT', 'reconfigure');
    for (const bad of [null, 5, []]) {
      await fails(client.updateBackendConfig('x', bad as never), 'INVALID_ARGUMENT', 'plain object');
    }
    assert.equal(await client.getBackendConfig('x'), DEFAULTS);
  }),
);

test(
  'an update without anything changes nothing',
  withInstance(async (client) => {
    await client.createBackend('x', () => 1);
    await client.updateBackendConfig('x', {});
    await client.updateBackendConfig('x', undefined as never);
    assert.equal(await client.getBackendConfig('x'), DEFAULTS);
  }),
);

test(
  'names that were never given are told apart from wrong ones',
  withInstance(async (client) => {
    await client.createBackend('resnet', () => 1);
    await fails(client.getBackendConfig('resnett'), 'BACKEND_NOT_FOUND', "did you mean 'resnet'?");
    await fails(client.getBackendConfig('constructor'), 'BACKEND_NOT_FOUND', 'createBackend');
    await fails(client.getBackendConfig(undefined as never), 'INVALID_ARGUMENT', 'name', 'undefined');
    await fails(client.deleteBackend('resnett'), 'BACKEND_NOT_FOUND', "did you mean 'resnet'?");
    await fails(client.deleteBackend('resnet', { forced: true } as never), 'INVALID_ARGUMENT', "did you mean 'force'?");
  }),
);

test(
  'reconfigure runs after the constructor and on every change of userConfig, never for other changes',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model, { config: { userConfig: { a: 1 } } });
    await client.updateBackendConfig('m', { maxConcurrentQueries: 5 });
    await client.updateBackendConfig('m', { userConfig: { a: 1 } });
    assert.equal(await handle.remote(), [{ a: 1 }]);
    await client.updateBackendConfig('m', { userConfig: { a: 2 } });
    await client.updateBackendConfig('m', { userConfig: null });
    assert.equal(await handle.remote(), [{ a: 1 }, { a: 2 }, null]);
    assert.is((await client.getBackendConfig('m')).userConfig, null);
  }),
);

test(
  'changing what getBackendConfig or status gave changes nothing in the instance',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model, { config: { userConfig: { a: 1 } } });
    const views = [
      (await client.getBackendConfig('m')).userConfig,
      (await client.listBackends()).m?.userConfig,
      (await client.status()).backends.m?.config.userConfig,
    ] as { a: number }[];
    for (const view of views) Reflect.set(view, 'a', 2);
    assert.equal((await client.getBackendConfig('m')).userConfig, { a: 1 });
    await client.updateBackendConfig('m', { userConfig: { a: 2 } });
    assert.equal(await handle.remote(), [{ a: 1 }, { a: 2 }]);
  }),
);

test(
  'a reconfigure that throws rejects with RECONFIGURE_FAILED and the old value stays',
  withInstance(async (client) => {
    class Picky {
      word = '';
      reconfigure(word: string): void {
        if (word === 'bad') throw new RangeError('bad word');
        this.word = word;
      }
      call(): string {
        return this.word;
      }
    }
    const handle = await handleOf(client, 'p', Picky, { config: { userConfig: 'good', numReplicas: 2 } });
    const error = await fails(client.updateBackendConfig('p', { userConfig: 'bad' }), 'RECONFIGURE_FAILED', 'bad word');
    assert.is((error.cause as Error).name, 'RangeError');
    assert.is((await client.getBackendConfig('p')).userConfig, 'good');
    assert.equal(await Promise.all(Array.from({ length: 6 }, () => handle.remote())), Array(6).fill('good'));
  }),
);

test(
  'a backend in use as traffic or as shadow is not deleted, force or not; then its tag is free',
  withInstance(async (client) => {
    await client.createBackend('a', () => 'a');
    await client.createBackend('b', () => 'b');
    await client.createEndpoint('one', { backend: 'a' });
    await client.createEndpoint('two', { backend: 'a' });
    await client.shadowTraffic('one', 'b', 0.5);
    await fails(client.deleteBackend('a'), 'BACKEND_IN_USE', "'one'", "'two'");
    await fails(client.deleteBackend('b', { force: true }), 'BACKEND_IN_USE', "'one'");
    await client.shadowTraffic('one', 'b', 0);
    await client.deleteBackend('b');
    await client.createBackend('b', () => 'b again');
    assert.equal(Object.keys(await client.listBackends()).sort(), ['a', 'b']);
  }),
);

test(
  'deleteBackend resolves when the requests in flight have finished',
  withInstance(async (client) => {
    class Gate {
      static open: () => void = () => {};
      call(request: serve.ServeRequest): unknown {
        if (request.data !== 'wait') return Gate.open();
        return new Promise((resolve) => {
          Gate.open = () => resolve('finished');
        });
      }
    }
    const handle = await handleOf(client, 'gate', Gate);
    const waiting = handle.remote('wait');
    const opened = handle.remote('open');
    await opened;
    await client.deleteEndpoint('gate');
    await client.deleteBackend('gate');
    assert.is(await waiting, 'finished');
    assert.equal((await client.status()).replicas, []);
  }),
);

test(
  'force gives no grace: who waits gets REPLICA_DIED',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'stuck', (request) => (request.data === 'wait' ? new Promise(() => {}) : 1));
    const waiting = handle.remote('wait');
    const outcome = fails(waiting, 'REPLICA_DIED');
    assert.is(await handle.remote(), 1);
    await client.deleteEndpoint('stuck');
    await client.deleteBackend('stuck', { force: true });
    await outcome;
    assert.equal(await client.listBackends(), {});
  }),
);

test.run();
