import { once } from 'node:events';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, withInstance } from '../support/instance.ts';
import { withOwner } from '../support/owner.ts';

const test = suite('what an instance tells of itself');

test(
  'a backend is described by its config, its needs and the digests of its code and arguments',
  withInstance(async (client) => {
    class Model {
      readonly given: unknown;
      constructor(given: unknown) {
        this.given = given;
      }
      call() {
        return this.given;
      }
    }
    const config = { numReplicas: 0, userConfig: undefined };
    await client.createBackend('a', Model, { initArgs: [1], config, actorOptions: { numCpus: 0.5 } });
    await client.createBackend('same', Model, { initArgs: [1], config });
    await client.createBackend('b', Model, { initArgs: [2], config });
    await client.createBackend('c', () => 1, { config });
    const { a, same, b, c } = (await client.describe()).backends;
    assert.is(a?.config.numReplicas, 0);
    assert.is(a?.actorOptions.numCpus, 0.5);
    assert.equal(Object.keys(a?.actorOptions ?? {}).sort(), [
      ...['custom', 'envVars', 'isolation', 'maxMemoryBytes', 'numCpus', 'numGpus', 'placement', 'startTimeoutMs'],
    ]);
    assert.is(a?.env, null);
    assert.equal(same?.digests, a?.digests);
    assert.is(b?.digests.code, a?.digests.code);
    assert.is.not(b?.digests.initArgs, a?.digests.initArgs);
    assert.is.not(c?.digests.code, a?.digests.code);
    await client.updateBackend('a', () => 1);
    assert.is((await client.describe()).backends.a?.digests.code.length, 64);
    assert.is((await client.describe()).backends.a?.actorOptions.numCpus, 1);
  }),
);

test(
  'metrics are those of /-/metrics, and there without a server too',
  withInstance(
    async (client) => {
      await client.createBackend('b', () => 1);
      await client.createEndpoint('e', { backend: 'b' });
      await (await client.getHandle('e')).remote();
      const { contentType, text } = await client.metrics();
      assert.match(contentType, /^text\/plain; version=0\.0\.4/);
      assert.match(text, /^serve_num_router_requests\{endpoint="e"\} 1$/m);
    },
    { http: null },
  ),
);

test(
  'everybody hears when one client shuts the instance down',
  withOwner(async ({ name, process }) => {
    const [one, other] = [await serve.connect({ name }), await serve.connect({ name })];
    let hasEnded = false;
    const ended = one.ended().then(() => {
      hasEnded = true;
    });
    await one.status();
    assert.not(hasEnded);
    await other.shutdown();
    await ended;
    await one.close();
    process.kill();
    await once(process, 'exit');
  }),
);

test(
  'whoever waits for its end hears when its process is killed',
  withOwner(async ({ name, process }) => {
    const client = await serve.connect({ name });
    const ended = client.ended();
    await client.status();
    process.kill('SIGKILL');
    await fails(ended, 'INSTANCE_NOT_FOUND', name);
    await client.close();
    await fails(client.ended(), 'CLIENT_CLOSED');
  }),
);

test.run();
