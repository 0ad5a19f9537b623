import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import type { Isolation } from '../support/isolations.ts';
import { type Chain, chainOf, DIRECTIONS } from './directions.ts';

const test = suite('giving up what replicas in processes do');

class Counting {
  #runs = 0;
  call(): number {
    return ++this.#runs;
  }
  runs(): number {
    return this.#runs;
  }
}

/** Asks `counting` once while its caller waits, and once more when its caller has gone. */
class Late {
  readonly #ended = Promise.withResolvers<string>();
  async call({ signal }: serve.ServeRequest): Promise<void> {
    const counting = await (await serve.connect()).getHandle('counting');
    // It has run when its answer is given up, too.
    await counting.remote().then(null, () => null);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    const second = counting.remote().then(String, (error) => (error as serve.ServeError).code);
    this.#ended.resolve(await second);
  }
  ended(): Promise<string> {
    return this.#ended.promise;
  }
}

for (const [caller, callee] of DIRECTIONS) {
  test(
    `what a ${caller} asks of a ${callee} after its own caller has gone never runs`,
    withInstance(
      async (client) => {
        const counting = await handleOf(client, 'counting', Counting, { actorOptions: { isolation: callee } });
        const late = await handleOf(client, 'late', Late, { actorOptions: { isolation: caller } });
        const runs = counting.options({ methodName: 'runs' });
        const call = late.remote();
        await until(async () => (await runs.remote()) === 1, 'the call that its caller still waits for');
        call.cancel();
        await fails(call, 'CANCELLED');
        assert.is(await late.options({ methodName: 'ended' }).remote(), 'CANCELLED');
        assert.is(await runs.remote(), 1);
      },
      { http: null },
    ),
  );
}

const CHAIN: readonly Isolation[] = ['process', 'thread', 'process', 'process'];

const begun = (chain: Chain) =>
  until(async () => (await chain.seen()).every((link) => link.begun === 1), 'the last link to begin');

/** Every link is told, with the reason. */
async function told(chain: Chain, reason: serve.ServeErrorCode): Promise<void> {
  const isTold = async () => (await chain.seen()).every(({ reasons }) => reasons.length > 0);
  await until(isTold, `${reason} at every link`);
  for (const { reasons } of await chain.seen()) assert.equal(reasons, [reason]);
}

test(
  'a cancelled call aborts every link of a chain of four, once',
  withInstance(async (client) => {
    const chain = await chainOf(client, CHAIN);
    const call = chain.first.remote('wait');
    await begun(chain);
    call.cancel();
    await fails(call, 'CANCELLED');
    await told(chain, 'CANCELLED');
    assert.is(await chain.first.remote('nothing'), 'nothing done');
  }),
);

test(
  'an HTTP caller that leaves aborts every link of a chain of four',
  withInstance(async (client, url) => {
    const chain = await chainOf(client, CHAIN);
    const leaving = new AbortController();
    const call = fetch(`${url}/link0?do=wait`, { signal: leaving.signal }).catch((error) => error.name);
    await begun(chain);
    leaving.abort();
    assert.is(await call, 'AbortError');
    await told(chain, 'CANCELLED');
  }),
);

test(
  'a deadline is TIMEOUT for its caller and aborts every link of a chain of four',
  withInstance(async (client, url) => {
    const chain = await chainOf(client, CHAIN);
    await chain.first.remote('nothing'); // so that every link is connected to the next
    const seen = (await chain.seen()).map((link) => link.begun);
    assert.equal(seen, [1, 1, 1, 1]);
    await fails(chain.first.options({ timeoutMs: 300 }).remote('wait'), 'TIMEOUT', '300 ms');
    await until(async () => (await chain.seen()).every(({ reasons }) => reasons.length > 0), 'every link to be told');
    const reasons = (await chain.seen()).map((link) => link.reasons);
    // The first one's deadline; those behind it have a caller that gave up.
    assert.equal(reasons, [['TIMEOUT'], ['CANCELLED'], ['CANCELLED'], ['CANCELLED']]);
    await client.updateBackendConfig('link3', { requestTimeoutMs: 50 });
    const answer = await fetch(`${url}/link0?do=wait`);
    assert.equal([answer.status, ((await answer.json()) as { error: serve.ServeError }).error.code], [504, 'TIMEOUT']);
  }),
);

test(
  'a stream through a chain of four that is read no further ends at its source, in every link',
  withInstance(async (client, url) => {
    const chain = await chainOf(client, CHAIN);
    const stream = (await chain.first.remote('stream')) as ReadableStream<Uint8Array>;
    const reader = stream.getReader();
    assert.is((await reader.read()).value?.byteLength, 64 * 1024);
    await reader.cancel();
    const all = async (count: number) => (await chain.seen()).every(({ finished }) => finished === count);
    await until(() => all(1), 'every link to finish');
    const response = await fetch(`${url}/link0?do=stream`);
    const body = response.body?.getReader();
    assert.is((await body?.read())?.done, false);
    await body?.cancel();
    await until(() => all(2), 'every link to finish again');
  }),
);

test.run();
