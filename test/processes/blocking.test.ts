// Code in a process that blocks for results, beyond what test/handle/sync.test.ts asks of both.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { ISOLATIONS } from '../support/isolations.ts';
import { chainOf } from './directions.ts';

const test = suite('blocking for results in a process');

const PROCESS = { actorOptions: { isolation: 'process' } } as const;

class Leaf {
  call(request: serve.ServeRequest): unknown {
    return request.data;
  }
  response(): Response {
    return new Response('made', { status: 201, headers: { 'X-A': '1' } });
  }
  async *numbers(upTo: number): AsyncGenerator<number> {
    for (let i = 0; i < upTo; i++) yield i;
  }
  bytes(length: number): Uint8Array {
    return new Uint8Array(length).fill(7);
  }
  fail(): never {
    throw Object.assign(new RangeError('leaf failed'), { code: 'E_LEAF', at: { line: 1 } });
  }
}

for (const isolation of ISOLATIONS) {
  test(
    `get() of what a ${isolation} answers: a stream, a Response, 30 MB, a failure, one after the other`,
    withInstance(async (client) => {
      await handleOf(client, 'leaf', Leaf, { actorOptions: { isolation } });
      const blocked = async () => {
        const leaf = await (await serve.connect()).getHandle('leaf', { sync: true });
        const ask = (methodName: string, data?: unknown) => leaf.options({ methodName }).remote(data);
        const numbers: number[] = [];
        for await (const number of ask('numbers', 2000).get() as ReadableStream<number>) numbers.push(number);
        const response = ask('response').get() as Response;
        const bytes = ask('bytes', 30_000_000).get() as Uint8Array;
        let failure: unknown[] = [];
        try {
          ask('fail').get();
        } catch (error) {
          const { code, cause } = error as { code: string; cause: Error & { code: string; at: unknown } };
          failure = [code, cause.name, cause.message, cause.code, cause.at, cause.stack?.includes('blocking.test')];
        }
        return {
          numbers: [numbers.length, numbers.at(-1)],
          response: [response.status, response.headers.get('x-a'), await response.text()],
          bytes: [bytes.length, bytes.every((byte) => byte === 7)],
          failure,
        };
      };
      const handle = await handleOf(client, 'blocked', blocked, PROCESS);
      assert.equal(await handle.remote(), {
        numbers: [2000, 1999],
        response: [201, '1', 'made'],
        bytes: [30_000_000, true],
        failure: ['BACKEND_ERROR', 'RangeError', 'leaf failed', 'E_LEAF', { line: 1 }, true],
      });
    }),
  );
}

test(
  'calls nest through threads and processes that all block',
  withInstance(async (client) => {
    const below: serve.Handle[] = [];
    for (const [i, isolation] of (['process', 'thread', 'process', 'process'] as const).entries()) {
      class Level {
        readonly #next: serve.Handle | undefined;
        constructor(next?: serve.Handle) {
          this.#next = next;
        }
        call(request: serve.ServeRequest): unknown {
          return this.#next ? [this.#next.remote(request.data).get()] : request.data;
        }
      }
      await handleOf(client, `level${i}`, Level, { initArgs: below.slice(-1), actorOptions: { isolation } });
      below.push(await client.getHandle(`level${i}`, { sync: true }));
    }
    assert.equal(await below.at(-1)?.remote('core'), [[['core']]]);
  }),
);

test(
  'what only threads can share is refused by get(), and the next call works',
  withInstance(async (client) => {
    await handleOf(client, 'leaf', Leaf);
    const handle = await handleOf(
      client,
      'blocked',
      async () => {
        const leaf = await (await serve.connect()).getHandle('leaf', { sync: true });
        try {
          leaf.remote({ memory: new SharedArrayBuffer(4) }).get();
        } catch (error) {
          return [(error as serve.ServeError).code, (error as Error).message, leaf.remote('next').get()];
        }
        return 'no failure';
      },
      PROCESS,
    );
    const [code, message, next] = (await handle.remote()) as string[];
    assert.equal([code, next], ['NOT_SERIALIZABLE', 'next']);
    assert.ok(message?.includes('$.memory') && message.includes('SharedArrayBuffer'), message);
  }),
);

test(
  'a handle that is awaited and one that blocks take turns in one process',
  withInstance(async (client) => {
    await handleOf(client, 'leaf', Leaf, PROCESS);
    const turns = async () => {
      const client = await serve.connect();
      const awaited = await client.getHandle('leaf');
      const blocking = await client.getHandle('leaf', { sync: true });
      const got: unknown[] = [];
      for (let i = 0; i < 50; i++) {
        const before = awaited.remote(`a${i}`);
        got.push(blocking.remote(`b${i}`).get(), await before, await blocking.remote(`c${i}`));
      }
      return got;
    };
    const handle = await handleOf(client, 'turns', turns, PROCESS);
    const wanted = Array.from({ length: 50 }, (_, i) => [`b${i}`, `a${i}`, `c${i}`]).flat();
    assert.equal(await handle.remote(), wanted);
  }),
);

test(
  'a chain that one link of blocks is given up when its deadline has passed',
  withInstance(async (client) => {
    const chain = await chainOf(client, ['process', 'thread']);
    const blocked = await handleOf(
      client,
      'blocked',
      async (request) => {
        const chain = await (await serve.connect()).getHandle('link0', { sync: true });
        return chain.options({ timeoutMs: request.data }).remote('wait').get();
      },
      PROCESS,
    );
    await fails(blocked.remote(100), 'TIMEOUT', '100 ms');
    const isTold = async () => (await chain.seen()).every(({ reasons }) => reasons.length > 0);
    await until(isTold, 'both links to be told');
    assert.is((await client.status()).replicas.filter(({ restarts }) => restarts > 0).length, 0);
  }),
);

test.run();
