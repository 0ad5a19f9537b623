import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, until, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('metrics'));

/** Sum of the rows of a metric whose labels have all of these. */
async function read(url: string, name: string, ...labels: readonly string[]): Promise<number> {
  const text = await (await fetch(`${url}/-/metrics`)).text();
  const rows = text.split('\n').filter((row) => row.startsWith(`${name}{`) || row.startsWith(`${name} `));
  const found = rows.filter((row) => labels.every((label) => row.includes(label)));
  return found.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' ') + 1)), 0);
}

const leaf = (request: serve.ServeRequest) => {
  if (request.data === 'fail') throw new Error('as asked');
  return 1;
};

const composer = async (request: serve.ServeRequest) => {
  const handle = await (await serve.connect()).getHandle('leaf');
  const calls = Array.from({ length: request.data.calls }, () => handle.remote());
  const failing = Array.from({ length: request.data.failing }, () => handle.remote('fail').catch(() => 0));
  return (await Promise.all([...calls, ...failing])).length;
};

test(
  'what the router of a replica sends is counted with the rest',
  withInstance(async (client, url) => {
    const direct = await handleOf(client, 'leaf', leaf);
    const handle = await handleOf(client, 'composer', composer);
    await direct.remote();
    assert.is(await handle.remote({ calls: 20, failing: 3 }), 23);
    await until(
      async () => (await read(url, 'serve_num_router_requests', 'endpoint="leaf"')) === 24,
      '24 calls counted',
    );
    assert.is(await read(url, 'serve_num_router_requests', 'endpoint="composer"'), 1);
    assert.is(await read(url, 'serve_backend_request_counter', 'backend="leaf"'), 24);
    assert.is(await read(url, 'serve_backend_error_counter', 'backend="leaf"'), 3);
    assert.is(await read(url, 'serve_backend_processing_latency_ms_count', 'backend="leaf"'), 24);
    assert.is(await read(url, 'serve_backend_queuing_latency_ms_count', 'backend="leaf"'), 24);
    assert.is(await read(url, 'serve_backend_replica_starts', 'backend="leaf"'), 1);
    const { backends, endpoints } = await client.status();
    assert.ok((endpoints.leaf?.stats.rate ?? 0) > 0 && (backends.leaf?.stats.errorRate ?? 0) > 0);
  }),
);

test(
  'what a replica’s router has counted is handed over when the replica ends',
  withInstance(async (client, url) => {
    await handleOf(client, 'leaf', leaf);
    const handle = await handleOf(client, 'composer', composer);
    assert.is(await handle.remote({ calls: 7, failing: 0 }), 7);
    await client.deleteEndpoint('composer');
    await client.deleteBackend('composer');
    assert.is(await read(url, 'serve_num_router_requests', 'endpoint="leaf"'), 7);
  }),
);

test(
  'what runs and what waits at a replica shows, and is gone when it has ended',
  withInstance(async (client, url) => {
    class Gate {
      #open: (() => void)[] = [];
      call(): Promise<void> {
        return new Promise((resolve) => this.#open.push(resolve));
      }
      open(): void {
        for (const open of this.#open.splice(0)) open();
      }
    }
    const gate = await handleOf(client, 'gate', Gate, { config: { maxConcurrentQueries: 4 } });
    const forward = async ({ data }: serve.ServeRequest) => {
      const handle = await (await serve.connect()).getHandle('gate');
      await Promise.all(Array.from({ length: data }, () => handle.remote()));
    };
    const forwarder = await handleOf(client, 'forwarder', forward);
    const calls = [gate.remote(), gate.remote(), forwarder.remote(2)];
    const processing = () => read(url, 'serve_replica_processing_queries', 'replica="gate#1"');
    await until(async () => (await processing()) === 4, 'four that run');
    const [replica] = (await client.status()).replicas.filter(({ backend }) => backend === 'gate');
    assert.equal([replica?.ongoing, replica?.limit], [4, 4]);
    await client.updateBackendConfig('gate', { maxConcurrentQueries: 100 });
    await gate.options({ methodName: 'open' }).remote();
    await Promise.all(calls);
    await until(async () => (await processing()) === 0, 'none that runs');
  }),
);

test(
  'who has an answer finds in status() that its place is free',
  withInstance(
    async (client) => {
      const atOnce = await handleOf(client, 'at-once', (request) => request.data);
      const later = await handleOf(client, 'later', async (request) => request.data);
      for (let round = 0; round < 500; round++) {
        for (const handle of [atOnce, later]) {
          await Promise.all([handle.remote(1), handle.remote(2)]);
          const held = (await client.status()).replicas.map(({ ongoing, queued }) => ongoing + queued);
          assert.equal(held, [0, 0], `round ${round}`);
        }
      }
    },
    { http: null },
  ),
);

test(
  'a replica whose code spins shows as one that works, and then no longer',
  withInstance(async (client, url) => {
    const directory = mkdtempSync(join(tmpdir(), 'spin-'));
    try {
      const spin = ({ data }: serve.ServeRequest) => {
        const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
        writeFileSync(`${data}/spins`, '');
        while (!existsSync(`${data}/go`));
      };
      const handle = await handleOf(client, 'spin', spin);
      for (let round = 0; round < 3; round++) {
        const call = handle.remote(directory);
        await until(() => existsSync(join(directory, 'spins')), 'it to spin');
        assert.is((await client.status()).replicas[0]?.ongoing, 1);
        assert.is(await read(url, 'serve_replica_processing_queries', 'replica="spin#1"'), 1);
        writeFileSync(join(directory, 'go'), '');
        await call;
        await until(async () => (await client.status()).replicas[0]?.ongoing === 0, 'it to rest');
        for (const name of ['spins', 'go']) rmSync(join(directory, name));
      }
    } finally {
      writeFileSync(join(directory, 'go'), ''); // should the test have failed
      rmSync(directory, { recursive: true });
    }
  }),
);

test.run();
