import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, failureOf, handleOf, until, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';
import { type ReplicaSignals, Signals } from './support/signals.ts';

const test = inThreadsAndProcesses(suite('generators'));

/** Streams a chunk of its own, then what the endpoint that it was sent the name of answers. */
async function* passOn(request: serve.ServeRequest): AsyncGenerator<unknown> {
  yield 'own';
  const handle = await (await serve.connect()).getHandle(String(request.data));
  yield await handle.remote();
}

test(
  'that call their own backend without a place left get QUEUE_FULL, as any code that does',
  withInstance(async (client) => {
    const config = { maxConcurrentQueries: 1, requestTimeoutMs: 10_000 };
    const handle = await handleOf(client, 'self', passOn, { config });
    const reader = ((await handle.remote('self')) as ReadableStream).getReader();
    assert.is((await reader.read()).value, 'own');
    await fails(reader.read(), 'QUEUE_FULL', 'self#1');
  }),
);

test(
  'that are given up give up what they have called',
  withInstance(async (client) => {
    const signals = new Signals();
    try {
      class Leaf {
        #signals: Promise<ReplicaSignals>;
        constructor(name: string) {
          this.#signals = import('./support/signals.ts').then((module) => new module.ReplicaSignals(name));
        }
        async call({ signal }: serve.ServeRequest): Promise<never> {
          const signals = await this.#signals;
          signal.addEventListener('abort', () => signals.say('aborted'));
          signals.say('began');
          return new Promise(() => {});
        }
      }
      await handleOf(client, 'leaf', Leaf, { initArgs: [signals.name] });
      const handle = await handleOf(client, 'top', passOn);
      const reader = ((await handle.remote('leaf')) as ReadableStream).getReader();
      assert.is((await reader.read()).value, 'own');
      const next = reader.read();
      await signals.heard('began');
      await reader.cancel();
      await next;
      await until(() => signals.count('aborted') === 1, 'the leaf hears of it');
    } finally {
      signals.close();
    }
  }),
);

class Chunks {
  #signals: Promise<ReplicaSignals>;
  constructor(name: string) {
    this.#signals = import('./support/signals.ts').then((module) => new module.ReplicaSignals(name));
  }
  async *call(request: serve.ServeRequest): AsyncGenerator<unknown> {
    const first = request.queryParams.get('first');
    try {
      if (first === 'undefined') yield undefined;
      if (first === 'bigint') yield { n: 1n };
      yield { n: 1 };
      yield { n: 2n };
    } finally {
      (await this.#signals).say('finally');
    }
  }
}

test(
  'whose chunk has no JSON form break the stream, and their finally runs',
  withInstance(async (client, url) => {
    const signals = new Signals();
    try {
      await handleOf(client, 'chunks', Chunks, { initArgs: [signals.name] });
      const reply = await fetch(`${url}/chunks`);
      assert.is(reply.status, 200);
      assert.ok((await failureOf(reply.text())) instanceof Error);
      await until(() => signals.count('finally') === 1, 'its finally');
    } finally {
      signals.close();
    }
  }),
);

test(
  'whose first chunk has no JSON form, be it undefined, answer 500, and their finally runs',
  withInstance(async (client, url) => {
    const signals = new Signals();
    try {
      await handleOf(client, 'chunks', Chunks, { initArgs: [signals.name] });
      for (const [i, [first, says]] of [
        ['bigint', '$.n is a BigInt'],
        ['undefined', '$ is undefined'],
      ].entries()) {
        const reply = await fetch(`${url}/chunks?first=${first}`);
        const { error } = (await reply.json()) as { error: { code: string; message: string } };
        assert.equal([reply.status, error.code], [500, 'NOT_SERIALIZABLE']);
        assert.ok(error.message.includes(String(says)), error.message);
        await until(() => signals.count('finally') === i + 1, 'its finally');
      }
    } finally {
      signals.close();
    }
  }),
);

test.run();
