import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { inlineOnly } from '../support/instance-elsewhere.ts';

const test = suite('shadows');

/** What the shadow's own endpoint says it has seen. */
class Recorder {
  seen: unknown[] = [];
  async call(request: serve.ServeRequest): Promise<string> {
    this.seen.push(request.source === 'http' ? `${request.method} ${await request.text()}` : request.data);
    return 'from the shadow';
  }
  all(): unknown[] {
    return this.seen;
  }
}

async function withShadow(client: serve.Client, target: serve.BackendTarget, options = {}): Promise<serve.Handle> {
  // It reads its body: a shadow's copy flows as the caller's own body does, and ends with it.
  const handle = await handleOf(
    client,
    'own',
    async (request) => `own ${request.data ?? (await request.text()).length}`,
  );
  await client.createBackend('shadow', target, options);
  await client.shadowTraffic('own', 'shadow', 1);
  return handle;
}

test(
  'a shadow sees every query, by handle and over HTTP, and the caller its own answer',
  withInstance(async (client, url) => {
    const handle = await withShadow(client, Recorder);
    await client.createEndpoint('look', { backend: 'shadow' });
    const look = (await client.getHandle('look')).options({ methodName: 'all' });
    assert.is(await handle.remote(1), 'own 1');
    assert.is(await (await fetch(`${url}/own`, { method: 'POST', body: 'small' })).text(), 'own 5');
    const big = 'x'.repeat(300_000);
    assert.is(await (await fetch(`${url}/own`, { method: 'POST', body: big })).text(), 'own 300000');
    await until(async () => (await look.remote()).length >= 3, 'the shadow to have seen three');
    assert.equal((await look.remote()).map(String).sort(), ['1', `POST ${big}`, 'POST small'].sort());
  }),
);

test(
  'the shadow is drawn independently of the split',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', () => 'v1');
    await client.createBackend('v2', () => 'v2');
    await client.createBackend('shadow', Recorder);
    await client.createEndpoint('look', { backend: 'shadow' });
    const look = (await client.getHandle('look')).options({ methodName: 'all' });
    await client.setTraffic('v1', { v1: 0.5, v2: 0.5 });
    await client.shadowTraffic('v1', 'shadow', 0.5);
    const calls = 2000;
    const answers = await Promise.all(Array.from({ length: calls }, (_, i) => handle.remote(i)));
    const queries = async () => (await client.status()).backends.shadow;
    await until(async () => (await queries())?.queued === 0, 'the shadow to have none queued');
    const seen = (await look.remote()) as number[];
    const ofV1 = seen.filter((i) => answers[i] === 'v1').length;
    const [wanted, deviation] = [calls / 2, Math.sqrt(calls / 4)];
    assert.ok(Math.abs(seen.length - wanted) < 5 * deviation, `${seen.length} of ${calls} were copied`);
    assert.ok(Math.abs(ofV1 - seen.length / 2) < 5 * deviation, `${ofV1} of the ${seen.length} copied met v1`);
  }),
);

test(
  'a shadow that throws, that never answers, or that returns what cannot travel fails no answer',
  withInstance(async (client) => {
    const handle = await withShadow(client, (request) => {
      if (request.data === 0) throw new Error('the shadow is broken');
      if (request.data === 1) return new Promise(() => {});
      return () => 1;
    });
    for (let i = 0; i < 6; i++) assert.is(await handle.remote(i % 3), `own ${i % 3}`);
  }),
);

test(
  'a full shadow delays no answer and drops what it cannot take',
  withInstance(async (client) => {
    const options = { config: { maxConcurrentQueries: 1, maxQueuedQueries: 1 } };
    const handle = await withShadow(client, () => new Promise(() => {}), options);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => handle.remote(i)));
    assert.is(answers.length, 50);
    const { shadow } = (await client.status()).backends;
    assert.ok((shadow?.stats.errorRate ?? 0) > 0, 'the shadow was never full');
    assert.is((await client.status()).endpoints.own?.stats.errorRate, 0);
  }),
);

inlineOnly(test)(
  'a shadow without replicas or with one that dies fails no answer',
  withInstance(async (client) => {
    const handle = await withShadow(client, (request) => (request.data === 'die' ? process.exit(3) : 1));
    const write = process.stderr.write;
    let told = '';
    process.stderr.write = ((text: string) => {
      told += text;
      return true;
    }) as typeof write;
    try {
      assert.is(await handle.remote('die'), 'own die');
      await until(
        async () => ((await client.status()).replicas.find(({ backend }) => backend === 'shadow')?.restarts ?? 0) > 0,
        'a restart',
      );
      assert.is(await handle.remote('after'), 'own after');
    } finally {
      process.stderr.write = write;
    }
    assert.match(told, /shadow/);
    await client.updateBackendConfig('shadow', { numReplicas: 0 });
    assert.is(await handle.remote('none'), 'own none');
  }),
);

test(
  'a caller who cancels, or whose own backend fails, is told the same with a shadow',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'own', (request) => {
      if (request.data === 'wait') return new Promise(() => {});
      throw new Error('own failure');
    });
    await client.createBackend('shadow', Recorder);
    await client.shadowTraffic('own', 'shadow', 1);
    await fails(handle.remote('x'), 'BACKEND_ERROR', 'own failure');
    const waiting = handle.remote('wait');
    waiting.cancel();
    await fails(waiting, 'CANCELLED');
    await fails(handle.options({ timeoutMs: 20 }).remote('wait'), 'TIMEOUT', '20 ms');
  }),
);

test.run();
