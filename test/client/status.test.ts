import { deepStrictEqual } from 'node:assert/strict';
import { availableParallelism, hostname } from 'node:os';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { inlineOnly } from '../support/instance-elsewhere.ts';

const test = suite('status');

const keysOf = (value: object | undefined): string[] => Object.keys(value ?? {}).sort();

class Model {
  reconfigure(): void {}
  call(request: serve.ServeRequest): unknown {
    if (request.data === 'fail') throw new Error('failed');
    return request.data === 'wait' ? new Promise(() => {}) : 1;
  }
}

inlineOnly(test)(
  'a snapshot has exactly the members of the contract',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'm', Model, { config: { numReplicas: 2 } });
      await client.shadowTraffic('m', 'm', 0);
      await handle.remote();
      const status = await client.status();
      assert.equal(keysOf(status), ['backends', 'endpoints', 'instance', 'nodes', 'replicas']);
      const { startedAt, version, revision, ...instance } = status.instance;
      assert.equal(instance, {
        name: 'shape',
        pid: process.pid,
        host: 'inline',
        detached: false,
        httpUrl: client.http?.url,
      });
      assert.match(version, /^\d+\.\d+\.\d+/);
      assert.is(new Date(startedAt).toISOString(), startedAt);
      assert.ok(Number.isInteger(revision) && revision >= 3);
      assert.is(status.nodes.length, 1);
      const { id, ...node } = status.nodes[0] as serve.NodeStatus;
      assert.ok(id);
      assert.equal(
        { ...node, cpus: { ...node.cpus, total: 0 } },
        {
          hostname: hostname(),
          pid: process.pid,
          cpus: { total: 0, used: 2, enforced: false },
          gpus: [],
          custom: {},
        },
      );
      assert.ok(node.cpus.total >= 1 && node.cpus.total >= availableParallelism() / 2);
      const backend = status.backends.m;
      assert.equal(keysOf(backend), ['config', 'queued', 'replicas', 'stats']);
      assert.equal(backend?.replicas, { target: 2, running: 2, pending: [] });
      assert.is(backend?.queued, 0);
      const { userConfig, ...config } = await client.getBackendConfig('m');
      assert.is(userConfig, undefined);
      assert.equal(backend?.config, config as serve.BackendConfig);
      assert.is(status.replicas.length, 2);
      for (const replica of status.replicas) {
        const { tag, threadId, startedAt: since, ...rest } = replica;
        assert.match(tag, /^m#/);
        assert.ok(Number.isInteger(threadId) && Number(threadId) > 0);
        assert.is(new Date(since).toISOString(), since);
        assert.equal(rest, {
          backend: 'm',
          node: id,
          state: 'RUNNING',
          isolation: 'thread',
          pid: process.pid,
          gpus: [],
          ongoing: 0,
          queued: 0,
          limit: 100,
          restarts: 0,
        });
      }
      assert.is.not(status.replicas[0]?.threadId, status.replicas[1]?.threadId);
      const { stats, ...endpoint } = status.endpoints.m as serve.EndpointStatus;
      assert.equal(endpoint, { route: '/m', methods: ['GET', 'POST'], traffic: { m: 1 }, shadows: {} });
      for (const each of [stats, backend?.stats])
        assert.equal(keysOf(each), ['errorRate', 'p50Ms', 'p95Ms', 'p99Ms', 'rate']);
    },
    { name: 'shape' },
  ),
);

test(
  'a snapshot is plain JSON, whatever userConfig holds',
  withInstance(async (client) => {
    const cyclic: { n: bigint; self?: unknown } = { n: 1n };
    cyclic.self = cyclic;
    const configs = [
      { a: undefined },
      { at: new Date(0), n: 5n, map: new Map([[1, 2]]) },
      cyclic,
      null,
      new Uint8Array(3),
    ];
    for (const [i, userConfig] of configs.entries())
      await client.createBackend(`m${i}`, Model, { config: { userConfig } });
    await client.createEndpoint('m', { backend: 'm0' });
    const status = await client.status();
    deepStrictEqual(JSON.parse(JSON.stringify(status)), status);
  }),
);

test(
  'stats are null and 0 before anything ran, then tell rate, errors and latencies',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model);
    const none = { rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null };
    const before = await client.status();
    assert.equal([before.backends.m?.stats, before.endpoints.m?.stats], [none, none]);
    for (let i = 0; i < 5; i++) await handle.remote();
    await fails(handle.remote('fail'), 'BACKEND_ERROR');
    const { backends, endpoints } = await client.status();
    for (const stats of [backends.m?.stats, endpoints.m?.stats] as serve.Stats[]) {
      assert.ok(stats.rate > 0 && stats.errorRate > 0 && stats.errorRate < stats.rate);
      const [p50, p95, p99] = [stats.p50Ms, stats.p95Ms, stats.p99Ms].map(Number);
      assert.ok(Number(p50) <= Number(p95) && Number(p95) <= Number(p99));
    }
  }),
);

test(
  'what runs and what waits is counted',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model, { config: { maxConcurrentQueries: 2 } });
    const refs = Array.from({ length: 5 }, () => handle.remote('wait'));
    await until(async () => (await client.status()).replicas[0]?.ongoing === 2, 'two that run');
    const { backends, replicas } = await client.status();
    assert.equal([backends.m?.queued, replicas[0]?.queued, replicas[0]?.limit], [3, 0, 2]);
    for (const ref of refs) ref.cancel();
    await until(async () => (await client.status()).replicas[0]?.ongoing === 0, 'none that runs');
    assert.is((await client.status()).backends.m?.queued, 0);
  }),
);

test.run();
