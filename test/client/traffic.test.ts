import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';

const test = suite('traffic');

async function count(handle: serve.Handle, calls: number): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: calls }, () => handle.remote()));
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

test(
  'a split is kept by real draws, within four standard deviations, and the next query sees a new one',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', () => 'v1');
    await client.createBackend('v2', () => 'v2');
    await client.createBackend('v3', () => 'v3');
    await client.setTraffic('v1', { v1: 0.9, v2: 0.1, v3: 0 });
    const calls = 10_000;
    const { v1 = 0, v2 = 0, v3 = 0 } = await count(handle, calls);
    assert.is(v1 + v2, calls);
    assert.is(v3, 0);
    const deviation = Math.sqrt(calls * 0.1 * 0.9);
    assert.ok(Math.abs(v2 - calls * 0.1) < 4 * deviation, `${v2} of ${calls} met v2`);
    await client.setTraffic('v1', { v2: 1 });
    assert.equal(await count(handle, 200), { v2: 200 });
    assert.equal((await client.listEndpoints()).v1?.traffic, { v2: 1 });
  }),
);

test(
  'weights that are none are refused and the split stays',
  withInstance(async (client) => {
    await client.createBackend('v1', () => 1, { config: { numReplicas: 0 } });
    await client.createBackend('v2', () => 2, { config: { numReplicas: 0 } });
    await client.createEndpoint('e', { backend: 'v1' });
    const cases: [unknown, serve.ServeErrorCode, string[]][] = [
      [undefined, 'INVALID_ARGUMENT', ['traffic', 'undefined']],
      [null, 'INVALID_ARGUMENT', ['traffic', 'null']],
      ['v1', 'INVALID_ARGUMENT', ["'v1'"]],
      [['v1'], 'INVALID_ARGUMENT', ['array']],
      [new Map([['v1', 1]]), 'INVALID_ARGUMENT', ['instance']],
      [{ v1: '1' }, 'INVALID_ARGUMENT', ["'v1'", "'1'"]],
      [{ v1: null }, 'INVALID_ARGUMENT', ["'v1'", 'null']],
      [{ v1: 1n }, 'INVALID_ARGUMENT', ["'v1'"]],
      [{}, 'INVALID_TRAFFIC', []],
      [{ v1: 0.5 }, 'INVALID_TRAFFIC', ['0.5', '1']],
      [{ v1: 0.5, v2: 0.6 }, 'INVALID_TRAFFIC', ['1.1']],
      [{ v1: 1.1, v2: -0.1 }, 'INVALID_TRAFFIC', ["'v2'", '-0.1']],
      [{ v1: Number.NaN }, 'INVALID_TRAFFIC', ['NaN']],
      [{ v1: Number.POSITIVE_INFINITY }, 'INVALID_TRAFFIC', ['Infinity']],
      [{ v1: 0, v2: 0 }, 'INVALID_TRAFFIC', ['0']],
      [{ v1: 1 + 2e-6 }, 'INVALID_TRAFFIC', []],
      [{ v1: 0.5, v3: 0.5 }, 'BACKEND_NOT_FOUND', ["'v3'"]],
      [{ v1: 1, toString: 0 }, 'BACKEND_NOT_FOUND', ["'toString'"]],
      [JSON.parse('{ "__proto__": 1 }'), 'BACKEND_NOT_FOUND', ['__proto__']],
    ];
    for (const [weights, code, parts] of cases) await fails(client.setTraffic('e', weights as never), code, ...parts);
    await fails(client.setTraffic('f', { v1: 1 }), 'ENDPOINT_NOT_FOUND', "'f'");
    assert.equal((await client.listEndpoints()).e?.traffic, { v1: 1 });
    await client.setTraffic('e', { v1: 0.5 + 9e-7, v2: 0.5 });
  }),
);

test(
  'proportions that are none are refused and the shadows stay',
  withInstance(async (client) => {
    await client.createBackend('v1', () => 1, { config: { numReplicas: 0 } });
    await client.createEndpoint('e', { backend: 'v1' });
    await client.shadowTraffic('e', 'v1', 0.5);
    const cases: [unknown, serve.ServeErrorCode][] = [
      [-0.1, 'INVALID_TRAFFIC'],
      [1.1, 'INVALID_TRAFFIC'],
      [Number.NaN, 'INVALID_TRAFFIC'],
      ['0.5', 'INVALID_ARGUMENT'],
      [undefined, 'INVALID_ARGUMENT'],
      [null, 'INVALID_ARGUMENT'],
    ];
    for (const [proportion, code] of cases)
      await fails(client.shadowTraffic('e', 'v1', proportion as never), code, 'proportion');
    await fails(client.shadowTraffic('f', 'v1', 1), 'ENDPOINT_NOT_FOUND', "'f'");
    await fails(client.shadowTraffic('e', 'v2', 1), 'BACKEND_NOT_FOUND', "'v2'", "did you mean 'v1'?");
    await fails(client.shadowTraffic('e', undefined as never, 1), 'INVALID_ARGUMENT', 'backend');
    assert.equal((await client.listEndpoints()).e?.shadows, { v1: 0.5 });
  }),
);

test(
  'setTraffic leaves the shadows, and 0 ends one',
  withInstance(async (client) => {
    for (const tag of ['v1', 'v2']) await client.createBackend(tag, () => 1, { config: { numReplicas: 0 } });
    await client.createEndpoint('e', { backend: 'v1' });
    await client.shadowTraffic('e', 'v2', 1);
    await client.setTraffic('e', { v1: 0.5, v2: 0.5 });
    assert.equal((await client.listEndpoints()).e?.shadows, { v2: 1 });
    await client.shadowTraffic('e', 'v2', 0);
    assert.equal((await client.listEndpoints()).e?.shadows, {});
  }),
);

test(
  'equal loads are served in turn',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'x', () => serve.getCurrentReplicaTag(), { config: { numReplicas: 3 } });
    const met: string[] = [];
    for (let i = 0; i < 9; i++) met.push(await handle.remote());
    assert.is(new Set(met.slice(0, 3)).size, 3);
    assert.equal(met.slice(3, 6), met.slice(0, 3));
    assert.equal(met.slice(6, 9), met.slice(0, 3));
  }),
);

test(
  'the same shard key gives the same backend, by handle and over HTTP, whatever the draw',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'v1', () => 'v1');
    await client.createBackend('v2', () => 'v2');
    await client.setTraffic('v1', { v1: 0.5, v2: 0.5 });
    const seen = new Set<string>();
    for (let key = 0; key < 20; key++) {
      const sharded = handle.options({ shardKey: `user-${key}` });
      const headers = { 'X-SERVE-SHARD-KEY': `user-${key}` };
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => sharded.remote()),
        ...Array.from({ length: 2 }, async () => (await fetch(`${url}/v1`, { headers })).text()),
      ]);
      assert.is(new Set(answers).size, 1, `key ${key} met ${answers}`);
      seen.add(answers[0]);
    }
    assert.is(seen.size, 2);
  }),
);

test.run();
