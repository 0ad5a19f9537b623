import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';

const test = suite('createBackend');

test(
  'the first lines of the contract page serve over HTTP and by handle',
  withInstance(async (client, url) => {
    await client.createBackend('echo', (request: serve.ServeRequest) => ({
      hello: request.queryParams.get('name') ?? 'world',
    }));
    await client.createEndpoint('echo', { backend: 'echo', route: '/echo', methods: ['GET', 'POST'] });
    const answer = await fetch(`${url}/echo?name=Ada`);
    assert.is(answer.status, 200);
    assert.is(await answer.text(), '{"hello":"Ada"}');
    const handle = await client.getHandle('echo');
    assert.equal(await handle.remote(null, { name: 'Ada' }), { hello: 'Ada' });
    assert.equal(await handle.remote(), { hello: 'world' });
  }),
);

test(
  'a class is constructed once per replica with the constructor arguments',
  withInstance(async (client) => {
    class Adder {
      #by: number;
      constructor(by: number) {
        this.#by = by;
      }
      call(request: serve.ServeRequest): number {
        return request.data + this.#by;
      }
    }
    const handle = await handleOf(client, 'adder', Adder, { initArgs: [5] });
    assert.is(await handle.remote(1), 6);
  }),
);

test(
  'constructor arguments and userConfig are taken as they are at the call',
  withInstance(async (client) => {
    class Model {
      #seen: unknown[];
      constructor(...args: unknown[]) {
        this.#seen = args;
      }
      reconfigure(config: unknown): void {
        this.#seen.push(config);
      }
      call(): unknown {
        return this.#seen;
      }
    }
    const settings = { word: 'then' };
    const userConfig = { word: 'then' };
    const initArgs = [settings];
    const created = client.createBackend('model', Model, { initArgs, config: { userConfig } });
    settings.word = 'later';
    userConfig.word = 'later';
    initArgs.push({ word: 'more' });
    await created;
    await client.createEndpoint('model', { backend: 'model' });
    const handle = await client.getHandle('model');
    assert.equal(await handle.remote(), [{ word: 'then' }, { word: 'then' }]);
  }),
);

test(
  'a reference among the constructor arguments and in userConfig is resolved first',
  withInstance(async (client) => {
    class Model {
      readonly seen: unknown[];
      constructor(word: unknown) {
        this.seen = [word];
      }
      reconfigure(config: unknown): void {
        this.seen.push(config);
      }
      call(): unknown {
        return this.seen;
      }
    }
    const words = await handleOf(client, 'words', (request) => `${request.data}!`);
    const config = { userConfig: { word: words.remote('b') } };
    const model = await handleOf(client, 'model', Model, { initArgs: [words.remote('a')], config });
    assert.equal(await model.remote(), ['a!', { word: 'b!' }]);
  }),
);

test(
  'a tag in use is BACKEND_EXISTS and the first backend goes on',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'x', () => 'first');
    await fails(
      client.createBackend('x', () => 'second'),
      'BACKEND_EXISTS',
      "'x'",
      'updateBackendConfig',
    );
    assert.is(await handle.remote(), 'first');
  }),
);

test(
  'of ten creations of one tag at once one wins',
  withInstance(async (client) => {
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => client.createBackend('x', () => 1)));
    assert.is(all.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of all) if (one.status === 'rejected') assert.is(one.reason.code, 'BACKEND_EXISTS');
    assert.equal((await client.status()).replicas.length, 1);
  }),
);

test.run();
