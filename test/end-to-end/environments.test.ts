/** Backends with packages of their own, and on a Node of their own, side by side in one instance. */
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { environment } from '../shipping/environments.ts';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { oldestNode } from '../support/nodes.ts';
import { requireOrSkip } from '../support/require.ts';

const test = suite('environments');

/** In a file of the user's, so that its bare imports would find the packages of that project. */
const model = serve.imported(environment('user/model.ts'), 'Model', ['a']);

class Caller {
  #greeting = '';

  async reconfigure(): Promise<void> {
    // @ts-expect-error: found in the environment
    this.#greeting = (await import('greeting')).greeting;
  }

  async call(request: serve.ServeRequest): Promise<unknown[]> {
    const client = await serve.connect();
    const other = await client.getHandle('first');
    return [process.version, this.#greeting, request.data, await other.remote()];
  }
}

test(
  'two versions of one package, by an imported module and by functions',
  withInstance(
    async (client) => {
      const [v1, v2] = [serve.nodeEnv(environment('v1')), serve.nodeEnv(environment('v2'))];
      // @ts-expect-error: found in the environment
      const greet = async (): Promise<string> => (await import('greeting')).greeting;
      const [one, two, first, second] = await Promise.all([
        handleOf(client, 'one', model, { env: v1 }),
        handleOf(client, 'two', model, { env: v2 }),
        handleOf(client, 'first', greet, { env: v1, config: { numReplicas: 2 } }),
        handleOf(client, 'second', greet, { env: v2 }),
      ]);
      assert.is((await one.remote()).required, 'greeting 1 by require, word 1');
      assert.is((await two.remote()).required, 'greeting 2 by require, word 1.5 of greeting');
      const greetings = await serve.get([first.remote(), first.remote(), second.remote()]);
      const [expected, other] = ['greeting 1 by import, word 1', 'greeting 2 by import, word 1.5 of greeting'];
      assert.equal(greetings, [expected, expected, other]);
      const { replicas } = await client.status();
      assert.ok(replicas.every(({ isolation, pid }) => isolation === 'process' && pid !== process.pid));
      assert.is(new Set(replicas.map(({ pid }) => pid)).size, 5);
    },
    { http: null },
  ),
);

test(
  'what is missing is named with what to do, and leaves nothing behind',
  withInstance(
    async (client) => {
      const env = serve.nodeEnv(environment('v1'));
      const missing = client.createBackend('b', serve.imported('nowhere', 'Model'), { env });
      const parts = ["cannot import 'nowhere'", `in the environment ${environment('v1')}`, 'npm install nowhere'];
      await fails(missing, 'BACKEND_START_FAILED', ...parts);
      assert.equal((await client.status()).replicas, []);
    },
    { http: null },
  ),
);

requireOrSkip(
  test,
  'a backend on another Node takes part like any other',
  oldestNode,
  withInstance(async (client, url) => {
    const env = serve.nodeEnv(environment('v2'), { node: oldestNode.path });
    await handleOf(client, 'first', () => ({ since: new Date(0) }));
    const caller = await handleOf(client, 'caller', Caller, { env, config: { userConfig: 1 } });
    const [version, greeting, data, other] = await caller.remote({ a: [1n, new Set(['x'])] });
    assert.match(version, /^v22\.18\./);
    assert.is(greeting, 'greeting 2 by import, word 1.5 of greeting');
    assert.equal(data, { a: [1n, new Set(['x'])] });
    assert.equal(other, { since: new Date(0) });
    const response = await fetch(`${url}/caller`);
    assert.match(await response.text(), /^\["v22\.18\./);
  }),
);

test.run();
