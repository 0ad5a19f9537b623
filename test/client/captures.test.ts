/** Backends that use what is around them, from `createBackend` to the answer. */
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, withInstance } from '../support/instance.ts';

const test = suite('captures');

const vat = 1.19;
const rounded = (x: number): number => Math.round(x * 100) / 100;
let priced = 0;

class Pricing {
  readonly #discount: number;
  constructor(discount: number) {
    this.#discount = discount;
  }
  gross(net: number): number {
    priced += 1;
    return rounded(net * vat * (1 - this.#discount));
  }
}

test(
  'a function that uses a class, a function and variables of its module',
  withInstance(async (client) => {
    await client.createBackend('price', (request: serve.ServeRequest) => {
      const pricing = new Pricing(0.5);
      return [pricing.gross(request.data as number), priced];
    });
    await client.createEndpoint('price', { backend: 'price' });
    const handle = await client.getHandle('price');
    assert.equal(await handle.remote(100), [59.5, 1]);
    assert.equal(await handle.remote(10), [5.95, 2], 'each replica counts on its own copy');
    assert.is(priced, 0, 'and so does the program');
  }),
);

test(
  'captures are taken when the backend is created',
  withInstance(async (client) => {
    const limits = { most: 1 };
    const created = client.createBackend('limit', () => limits.most, { config: { numReplicas: 2 } });
    await created;
    limits.most = 2;
    await client.updateBackendConfig('limit', { numReplicas: 3 });
    await client.createEndpoint('limit', { backend: 'limit' });
    const handle = await client.getHandle('limit');
    const answers = await serve.get(Array.from({ length: 12 }, () => handle.remote()));
    assert.equal(new Set(answers), new Set([1]));
  }),
);

test(
  'a class with a captured handle, client and toolkit calls other backends',
  withInstance(async (client) => {
    await client.createBackend('double', (request: serve.ServeRequest) => (request.data as number) * 2);
    await client.createEndpoint('double', { backend: 'double' });
    const double = await client.getHandle('double');
    const doubled = async (x: number) => await double.remote(x);
    class Chain {
      async call(request: serve.ServeRequest) {
        const twice = await doubled(request.data as number);
        const found = await client.getHandle('double');
        const { backends } = await client.status();
        return [await found.remote(twice), Object.keys(backends), serve.getCurrentBackendTag(), client.http];
      }
    }
    await client.createBackend('chain', Chain);
    await client.createEndpoint('chain', { backend: 'chain' });
    const answer = await (await client.getHandle('chain')).remote(3);
    assert.equal(answer, [12, ['double', 'chain'], 'chain', client.http]);
  }),
);

test(
  'a replica in a process has them all, too',
  withInstance(async (client) => {
    await client.createBackend('double', (request: serve.ServeRequest) => (request.data as number) * 2);
    await client.createEndpoint('double', { backend: 'double' });
    const double = await client.getHandle('double');
    const weights = new Map([['a', new Float32Array([0.5, 1.5])]]);
    class Weighed {
      async call(request: serve.ServeRequest) {
        const twice = await double.remote(rounded(request.data as number));
        priced += 1;
        const { backends } = await client.status();
        return [twice, weights.get('a')?.[1], priced, Object.keys(backends), process.pid];
      }
    }
    await client.createBackend('weighed', Weighed, { actorOptions: { isolation: 'process' } });
    await client.createEndpoint('weighed', { backend: 'weighed' });
    const [twice, weight, count, names, pid] = await (await client.getHandle('weighed')).remote(1.111);
    assert.equal([twice, weight, count, names], [2.22, 1.5, 1, ['double', 'weighed']]);
    assert.is.not(pid, process.pid);
  }),
);

test(
  'a handle of another endpoint in a list of captured objects',
  withInstance(async (client) => {
    await client.createBackend('one', () => 1);
    await client.createEndpoint('one', { backend: 'one' });
    const steps = [{ name: 'first', handle: await client.getHandle('one') }];
    await client.createBackend('all', async () => {
      const answers: unknown[] = [];
      for (const { name, handle } of steps) answers.push([name, await handle.remote()]);
      return answers;
    });
    await client.createEndpoint('all', { backend: 'all' });
    assert.equal(await (await client.getHandle('all')).remote(), [['first', 1]]);
  }),
);

test(
  'methods that take arrays keep their marks, helpers and state',
  withInstance(async (client) => {
    const seen = new Map<string, number>();
    const note = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1).get(name);
    class Batched {
      call(requests: readonly serve.ServeRequest[]) {
        return requests.map(({ data }) => note(String(data)));
      }
    }
    Batched.prototype.call = serve.acceptBatch(Batched.prototype.call);
    await client.createBackend('batched', Batched, { config: { maxBatchSize: 4, batchWaitTimeoutMs: 20 } });
    await client.createEndpoint('batched', { backend: 'batched' });
    const handle = await client.getHandle('batched');
    assert.equal(await serve.get(['a', 'b', 'a'].map((name) => handle.remote(name))), [1, 1, 2]);
  }),
);

test(
  'what a module exports is imported by the replica',
  withInstance(async (client) => {
    const file = fileURLToPath(new URL('../../../test/fixtures/shipping/models.ts', import.meta.url));
    const { Model, greet } = await import(file);
    await client.createBackend('model', Model, { initArgs: [3] });
    await client.createEndpoint('model', { backend: 'model' });
    assert.ok(Number.isNaN(await (await client.getHandle('model')).remote()));
    await client.createBackend('greet', async (request: serve.ServeRequest) => greet(request.data));
    await client.createEndpoint('greet', { backend: 'greet' });
    assert.is(await (await client.getHandle('greet')).remote('Ada'), 'hello, Ada');
  }),
);

test(
  'an error of a captured helper names its own line',
  withInstance(async (client) => {
    const broken = (): never => {
      throw new TypeError('broken helper');
    };
    await client.createBackend('broken', () => broken());
    await client.createEndpoint('broken', { backend: 'broken' });
    const error = await fails((await client.getHandle('broken')).remote(), 'BACKEND_ERROR');
    assert.match(
      String((error.cause as Error).stack),
      /TypeError: broken helper\n {4}at broken \(.*captures\.test\.js:\d+:\d+\)/,
    );
  }),
);

test(
  'what cannot travel is refused with the way to it, and nothing stays',
  withInstance(async (client) => {
    const db = { pool: [Promise.resolve('connection')] };
    const error = await fails(
      client.createBackend('x', function score() {
        return db;
      }),
      'NOT_SHIPPABLE',
    );
    const wanted = 'score → db → pool → [0] (Promise) has no value yet; await it and capture what it gives';
    assert.is(error.message, `cannot ship function 'score': ${wanted}`);
    assert.equal(await client.listBackends(), {});
    await client.createBackend('x', () => 1);
  }),
);

test(
  'a captured emitter goes on in each replica by itself',
  withInstance(async (client) => {
    const events = new EventEmitter();
    let heard = 0;
    events.on('call', () => {
      heard += 1;
    });
    await client.createBackend('emitter', () => {
      events.emit('call');
      return heard;
    });
    await client.createEndpoint('emitter', { backend: 'emitter' });
    const handle = await client.getHandle('emitter');
    assert.equal([await handle.remote(), await handle.remote(), heard], [1, 2, 0]);
  }),
);

test.run();
