// What only threads of one process can share: refused by name, with nothing else disturbed.
import { MessageChannel } from 'node:worker_threads';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { DIRECTIONS } from './directions.ts';

const test = suite('what only threads can share');

const PROCESS = { actorOptions: { isolation: 'process' } } as const;
const NOT_PORTABLE = ['only threads of one process can pass on', "isolation 'thread'"];

/** As a replica makes them, too. */
class Things {
  call(request: serve.ServeRequest): unknown {
    return this.make(request.data ?? request.queryParams.get('kind'));
  }
  make(kind: string): unknown {
    const memory = new SharedArrayBuffer(4);
    if (kind === 'SharedArrayBuffer') return memory;
    if (kind === 'view') return new Int32Array(memory);
    if (kind === 'Blob') return new Blob(['x']);
    if (kind === 'DOMException') return new DOMException('x');
    if (kind === 'cause') return new Error('x', { cause: memory });
    return kind;
  }
  nested(kind: string): unknown {
    return { list: ['fine', new Map([['k', this.make(kind)]])] };
  }
  async *stream(kind: string): AsyncGenerator<unknown> {
    yield 'fine';
    yield this.make(kind);
  }
  throws(kind: string): never {
    throw Object.assign(new RangeError('mine', { cause: this.make(kind) }), { extra: this.make(kind), code: 5 });
  }
}

const KINDS: Readonly<Record<string, string>> = {
  SharedArrayBuffer: 'is a SharedArrayBuffer',
  view: 'is a SharedArrayBuffer',
  Blob: 'is a Blob',
  DOMException: 'is a DOMException',
  cause: '.cause is a SharedArrayBuffer',
};

const things = new Things();

async function assertUndisturbed(client: serve.Client, near: readonly PromiseLike<unknown>[]): Promise<void> {
  assert.equal(await serve.get(near), Array(near.length).fill('near'));
  const { replicas } = await client.status();
  assert.ok(replicas.every(({ state, restarts }) => state === 'RUNNING' && restarts === 0));
}

for (const [kind, found] of Object.entries(KINDS)) {
  test(
    `data with a ${kind} for a process is NOT_SERIALIZABLE, and the calls of the same turn are answered`,
    withInstance(async (client) => {
      const handle = await handleOf(client, 'things', Things, PROCESS);
      const [before, thing, param, after] = [
        handle.remote('near'),
        handle.remote(things.nested(kind)),
        handle.remote(null, { n: things.make(kind) }),
        handle.remote('near'),
      ];
      await fails(thing as PromiseLike<unknown>, 'NOT_SERIALIZABLE', '$.list[1]', found, ...NOT_PORTABLE);
      await fails(param as PromiseLike<unknown>, 'NOT_SERIALIZABLE', '$.n', found, ...NOT_PORTABLE);
      await assertUndisturbed(client, [before, after, handle.remote('near')] as PromiseLike<unknown>[]);
    }),
  );

  test(
    `a process that answers a ${kind}, whole, within or in a stream, gets NOT_SERIALIZABLE for that call alone`,
    withInstance(async (client) => {
      const handle = await handleOf(client, 'things', Things, PROCESS);
      const near = [handle.remote('near')];
      await fails(handle.remote(kind), 'NOT_SERIALIZABLE', '$', found, ...NOT_PORTABLE);
      const nested = handle.options({ methodName: 'nested' }).remote(kind);
      near.push(handle.remote('near'));
      await fails(nested, 'NOT_SERIALIZABLE', "$.list[1].get('k')", found, ...NOT_PORTABLE);
      const stream = (await handle.options({ methodName: 'stream' }).remote(kind)) as ReadableStream;
      const reader = stream.getReader();
      const broken = async () => {
        while (!(await reader.read()).done);
      };
      await fails(broken, 'NOT_SERIALIZABLE', found, ...NOT_PORTABLE);
      await assertUndisturbed(client, [...near, handle.remote('near')]);
    }),
  );

  test(
    `an error that carries a ${kind} out of a process comes without it`,
    withInstance(async (client) => {
      const handle = await handleOf(client, 'things', Things, PROCESS);
      const { cause } = await fails(handle.options({ methodName: 'throws' }).remote(kind), 'BACKEND_ERROR', 'mine');
      const { name, code, extra } = cause as Error & { code: unknown; extra?: unknown };
      assert.equal([name, code, extra], ['RangeError', 5, undefined]);
      await assertUndisturbed(client, [handle.remote('near')]);
    }),
  );

  test(
    `a ${kind} as a constructor argument or userConfig of a process is NOT_SHIPPABLE, and nothing is kept`,
    withInstance(async (client) => {
      class Configured {
        #config: unknown = null;
        reconfigure(config: unknown): void {
          this.#config = config;
        }
        call(): unknown {
          return this.#config;
        }
      }
      const create = (options: serve.CreateBackendGiven) =>
        client.createBackend('configured', Configured, { ...PROCESS, ...options });
      const initArgs = ['fine', { deep: [things.make(kind)] }];
      await fails(create({ initArgs }), 'NOT_SHIPPABLE', 'initArgs[1].deep[0]', found, ...NOT_PORTABLE);
      const userConfig = { deep: [things.make(kind)] };
      await fails(create({ config: { userConfig } }), 'NOT_SHIPPABLE', 'userConfig.deep[0]', found, ...NOT_PORTABLE);
      assert.equal(await client.listBackends(), {});

      const handle = await handleOf(client, 'configured', Configured, { ...PROCESS, config: { userConfig: 'near' } });
      const update = client.updateBackendConfig('configured', { userConfig });
      await fails(update, 'RECONFIGURE_FAILED', 'userConfig.deep[0]', found);
      await assertUndisturbed(client, [handle.remote()]);
    }),
  );
}

for (const [caller, callee] of DIRECTIONS) {
  test(
    `a ${caller} that sends a ${callee} shared memory or a Blob is refused, as driver and answerer`,
    withInstance(async (client) => {
      await handleOf(client, 'things', Things, { actorOptions: { isolation: callee } });
      const sends = async () => {
        const handle = await (await serve.connect()).getHandle('things');
        const calls = [
          handle.remote({ memory: new SharedArrayBuffer(4) }),
          handle.remote({ blob: new Blob(['x']) }),
          handle.remote('SharedArrayBuffer'),
          handle.remote('Blob'),
          handle.remote('near'),
        ];
        return Promise.all(
          calls.map((call) =>
            call.catch((error: unknown) => {
              const { code, message } = error as serve.ServeError;
              return [code, message];
            }),
          ),
        );
      };
      const sender = await handleOf(client, 'sender', sends, { actorOptions: { isolation: caller } });
      const [memory, blob, memoryBack, blobBack, near] = await sender.remote();
      assert.is(near, 'near');
      for (const [outcome, path] of [
        [memory, '$.memory is a SharedArrayBuffer'],
        [blob, '$.blob is a Blob'],
        [memoryBack, '$ is a SharedArrayBuffer'],
        [blobBack, '$ is a Blob'],
      ]) {
        assert.is(outcome[0], 'NOT_SERIALIZABLE');
        assert.ok(outcome[1].startsWith(path), outcome[1]);
      }
    }),
  );
}

test(
  'shared memory that a function captures is NOT_SHIPPABLE for a process, and reaches a thread',
  withInstance(async (client) => {
    const counts = new Int32Array(new SharedArrayBuffer(4));
    const count = () => Atomics.add(counts, 0, 1);
    const create = client.createBackend('counts', count, PROCESS);
    await fails(create, 'NOT_SHIPPABLE', 'code captures is a SharedArrayBuffer', ...NOT_PORTABLE);
    assert.equal(await client.listBackends(), {});
    const handle = await handleOf(client, 'counts', count);
    await handle.remote();
    assert.is(counts[0], 1);
  }),
);

test(
  'a MessagePort is refused as everywhere, and stays usable where it was',
  withInstance(async (client) => {
    const { port1, port2 } = new MessageChannel();
    try {
      const handle = await handleOf(client, 'things', Things, PROCESS);
      await fails(() => handle.remote({ port: port1 }), 'NOT_SERIALIZABLE', '$.port', 'MessagePort');
      const create = client.createBackend('with', Things, { ...PROCESS, initArgs: [port1] });
      await fails(create, 'NOT_SERIALIZABLE', '[0]', 'MessagePort');
      const heard = new Promise((resolve) => port2.once('message', resolve));
      port1.postMessage('still works');
      assert.is(await heard, 'still works');
    } finally {
      port1.close();
    }
  }),
);

test(
  'a process that hands shared memory to a control call is told so, and the call changes nothing',
  withInstance(async (client) => {
    const creates = async () => {
      const client = await serve.connect();
      const initArgs = [new Blob(['x'])];
      const Target = class {
        call(): number {
          return 1;
        }
      };
      return client
        .createBackend('made', Target, { initArgs })
        .catch((error: serve.ServeError) => [error.code, (error.cause as Error).message]);
    };
    const creator = await handleOf(client, 'creator', creates, PROCESS);
    const [code, cause] = (await creator.remote()) as string[];
    assert.is(code, 'INVALID_ARGUMENT');
    assert.ok(cause?.includes('is a Blob'), cause);
    assert.equal(Object.keys(await client.listBackends()), ['creator']);
  }),
);

test(
  'between threads all of it passes, also beside a process',
  withInstance(async (client) => {
    await handleOf(client, 'beside', Things, PROCESS);
    const handle = await handleOf(client, 'things', Things);
    const memory = new Int32Array(new SharedArrayBuffer(4));
    const back = (await handle.remote(memory)) as Int32Array;
    memory[0] = 7;
    assert.is(back[0], 7);
    assert.is(await ((await handle.remote('Blob')) as Blob).text(), 'x');
  }),
);

test(
  'a config that holds one is NOT_SERIALIZABLE to a process that asks for it, and the instance goes on',
  withInstance(async (client) => {
    class Configured {
      reconfigure(): void {}
      call(): void {}
    }
    const userConfig = { memory: new SharedArrayBuffer(4) };
    await client.createBackend('configured', Configured, {
      config: { userConfig },
      actorOptions: { isolation: 'thread' },
    });
    const asks = async ({ data }: serve.ServeRequest) => (await serve.connect()).getBackendConfig(data as string);
    const handle = await handleOf(client, 'asks', asks, PROCESS);
    await fails(handle.remote('configured'), 'NOT_SERIALIZABLE', 'userConfig.memory is a SharedArrayBuffer');
    assert.is((await handle.remote('asks')).numReplicas, 1);
  }),
);

test.run();
