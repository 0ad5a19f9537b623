import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import type { Isolation } from '../support/isolations.ts';
import { chainOf, DIRECTIONS } from './directions.ts';

const test = suite('composition across threads and processes');

const CHAINS: readonly (readonly Isolation[])[] = [
  ['process', 'thread', 'process', 'thread'],
  ['thread', 'process', 'process', 'thread'],
  ['process', 'process', 'process', 'process'],
];

for (const chain of CHAINS) {
  test(
    `an answer, a failure and a stream come through ${chain.join(' → ')}`,
    withInstance(async (client, url) => {
      const { first } = await chainOf(client, chain);
      assert.is(await first.remote('work'), 'work done');
      assert.is(await (await fetch(`${url}/link0?do=work`)).text(), 'work done');

      const { cause } = await fails(first.remote('fail'), 'BACKEND_ERROR', "'link3'", 'out of the last link');
      const { name, code, at, stack } = cause as Error & { code: string; at: number[] };
      assert.equal([name, code, at], ['RangeError', 'E_LAST', [1, 2]]);
      assert.match(String(stack), /RangeError: out of the last link\n.*directions\.[jt]s:\d+/s);
      assert.is((await fetch(`${url}/link0?do=fail`)).status, 500);

      let bytes = 0;
      for await (const chunk of (await first.remote('stream')) as ReadableStream<Uint8Array>) bytes += chunk.byteLength;
      assert.is(bytes, 1000 * 64 * 1024);
      const response = await fetch(`${url}/link0?do=stream`);
      assert.is((await response.arrayBuffer()).byteLength, 1000 * 64 * 1024);
    }),
  );
}

class Giver {
  async call(request: serve.ServeRequest): Promise<unknown> {
    const client = await serve.connect();
    const me = (await client.getHandle('giver')).options({ methodName: 'twice' });
    const taker = await client.getHandle('taker');
    const late = me.remote(request.data); // not awaited: the taker gets its result
    return taker.remote({ me, late, nested: new Map([['list', [late]]]) }, { late });
  }
  twice(n: number): number {
    return n * 2;
  }
}

const take = async (request: serve.ServeRequest) => {
  const { me, late, nested } = request.data;
  return [late, nested.get('list'), request.queryParams.get('late'), await me.remote(10), me];
};

for (const [giver, taker] of DIRECTIONS) {
  test(
    `a ${giver} gives a ${taker} handles and results to come, and gets handles back`,
    withInstance(
      async (client) => {
        await handleOf(client, 'taker', take, { actorOptions: { isolation: taker } });
        const handle = await handleOf(client, 'giver', Giver, { actorOptions: { isolation: giver } });
        const [late, nested, param, called, me] = await handle.remote(4);
        assert.equal([late, nested, param, called], [8, [8], 8, 20]);
        assert.instance(me, serve.Handle);
        assert.is(await me.remote(3), 6);
      },
      { http: null },
    ),
  );
}

for (const [caller, callee] of DIRECTIONS) {
  test(
    `the toolkit’s own codes come from a ${callee} through a ${caller} to HTTP`,
    withInstance(async (client, url) => {
      const actorOptions = { isolation: callee };
      await handleOf(client, 'never', () => new Promise(() => {}), { config: { requestTimeoutMs: 50 }, actorOptions });
      await handleOf(client, 'none', () => 1, { config: { numReplicas: 0 }, actorOptions });
      await handleOf(client, 'unsendable', () => ({ f: () => 1 }), { actorOptions });
      const ask = async (request: serve.ServeRequest) =>
        (await (await serve.connect()).getHandle(request.queryParams.get('of') as string, { missingOk: true }))
          .options({ methodName: request.queryParams.get('method') as string | null })
          .remote();
      await handleOf(client, 'asker', ask, { actorOptions: { isolation: caller } });
      const outcome = async (query: string) => {
        const answer = await fetch(`${url}/asker?${query}`);
        return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
      };
      assert.equal(await outcome('of=never'), [504, 'TIMEOUT']);
      assert.equal(await outcome('of=none'), [503, 'NO_REPLICA']);
      assert.equal(await outcome('of=nowhere'), [404, 'ENDPOINT_NOT_FOUND']);
      assert.equal(await outcome('of=unsendable'), [500, 'NOT_SERIALIZABLE']);
      assert.equal(await outcome('of=unsendable&method=constructor'), [404, 'METHOD_NOT_FOUND']);
    }),
  );
}

test(
  'a process that calls itself in a circle gets QUEUE_FULL, not a standstill',
  withInstance(
    async (client) => {
      const circle = async () => (await (await serve.connect()).getHandle('circle')).remote();
      const options = { config: { maxConcurrentQueries: 2 }, actorOptions: { isolation: 'process' } } as const;
      const handle = await handleOf(client, 'circle', circle, options);
      await fails(handle.remote(), 'QUEUE_FULL', 'circle#1');
    },
    { http: null },
  ),
);

test.run();
