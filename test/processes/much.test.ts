// Much at once: many calls, and large values.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, until, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('much at once'));

const MIB = 1024 * 1024;
const CALLS = 100_000;
const config = { maxQueuedQueries: 10 ** 6 };

test(
  'a hundred thousand calls made in one turn are answered, each with its own answer, once',
  withInstance(
    async (client) => {
      class Doubling {
        #runs = 0;
        call(request: serve.ServeRequest): number {
          this.#runs++;
          return request.data * 2;
        }
        runs(): number {
          return this.#runs;
        }
      }
      const handle = await handleOf(client, 'd', Doubling, { config });
      const refs = Array.from({ length: CALLS }, (_, i) => handle.remote(i));
      const answers = await Promise.all(refs);
      assert.is(
        answers.findIndex((answer, i) => answer !== i * 2),
        -1,
      );
      assert.is(await handle.options({ methodName: 'runs' }).remote(), CALLS);
      assert.is((await client.status()).backends.d?.queued, 0);
    },
    { http: null },
  ),
);

test(
  'a hundred thousand calls from one replica to another are answered',
  withInstance(
    async (client) => {
      await handleOf(client, 'd', (request) => request.data * 2, { config });
      const many = async ({ data }: serve.ServeRequest) => {
        const handle = await (await serve.connect()).getHandle('d');
        const answers = await Promise.all(Array.from({ length: data }, (_, i) => handle.remote(i)));
        return answers.findIndex((answer, i) => answer !== i * 2);
      };
      assert.is(await (await handleOf(client, 'many', many)).remote(CALLS), -1);
    },
    { http: null },
  ),
);

/** Tells what it got of a large value, and gives one. */
class Large {
  call(request: serve.ServeRequest): Promise<number[]> | number[] {
    const bytes = (request.data ?? []) as Uint8Array;
    return request.source === 'http' ? this.#read(request) : [bytes.length, bytes[0] ?? -1, bytes.at(-1) ?? -1];
  }
  async #read(request: serve.ServeRequest): Promise<number[]> {
    const bytes = await request.body();
    return [bytes.length, bytes[0] ?? -1, bytes.at(-1) ?? -1];
  }
  give(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    bytes[0] = 1;
    bytes[length - 1] = 2;
    return bytes;
  }
}

function large(length: number): Uint8Array<ArrayBuffer> {
  return new Large().give(length);
}

test(
  '100 MiB go each way by handle and by HTTP, and small calls are answered meanwhile',
  withInstance(
    async (client, url) => {
      const handle = await handleOf(client, 'large', Large);
      const small = await handleOf(client, 'small', () => 'small');
      let answered = 0;
      let isDone = false;
      const beside = until(async () => {
        assert.is(await small.remote(), 'small');
        answered++;
        return isDone;
      }, 'the large calls to be answered');
      assert.equal(await handle.remote(large(100 * MIB)), [100 * MIB, 1, 2]);
      const given = (await handle.options({ methodName: 'give' }).remote(100 * MIB)) as Uint8Array;
      assert.equal([given.length, given[0], given.at(-1)], [100 * MIB, 1, 2]);
      const answer = await fetch(`${url}/large`, { method: 'POST', body: large(100 * MIB) });
      assert.equal(await answer.json(), [100 * MIB, 1, 2]);
      isDone = true;
      await beside;
      assert.ok(answered > 10, `${answered} small calls beside the large ones`);
    },
    { http: { maxBodyBytes: 100 * MIB } },
  ),
);

test(
  '100 MiB as a constructor argument and as userConfig arrive whole',
  withInstance(
    async (client) => {
      class Holding {
        readonly #model: Uint8Array;
        #config: Uint8Array = new Uint8Array();
        constructor(model: Uint8Array) {
          this.#model = model;
        }
        reconfigure(config: Uint8Array): void {
          this.#config = config;
        }
        call(): number[] {
          return [this.#model, this.#config].flatMap((bytes) => [bytes.length, bytes[0] ?? -1, bytes.at(-1) ?? -1]);
        }
      }
      const options = { initArgs: [large(100 * MIB)], config: { userConfig: large(MIB) } };
      const handle = await handleOf(client, 'holding', Holding, options);
      assert.equal(await handle.remote(), [100 * MIB, 1, 2, MIB, 1, 2]);
      await client.updateBackendConfig('holding', { userConfig: large(100 * MIB) });
      assert.equal(await handle.remote(), [100 * MIB, 1, 2, 100 * MIB, 1, 2]);
    },
    { http: null },
  ),
);

test.run();
