import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, failureOf, handleOf, withInstance } from '../support/instance.ts';

const test = suite('what createBackend refuses');

test(
  'names follow the grammar, and the message says it',
  withInstance(async (client) => {
    for (const bad of ['', '-a', '.a', 'a b', 'a/b', 'ä', '__proto__', 'a'.repeat(101), 1, null, undefined, {}]) {
      const call = client.createBackend(bad as string, () => 1);
      await fails(call, 'INVALID_ARGUMENT', 'backend name', '[A-Za-z0-9][A-Za-z0-9._:-]{0,99}');
    }
    for (const good of ['a', '0', 'constructor', 'toString', 'a.b_c:d-e', 'z'.repeat(100)]) {
      await client.createBackend(good, () => 1, { config: { numReplicas: 0 } });
    }
    assert.is(Object.keys(await client.listBackends()).length, 6);
  }),
);

test(
  'a target that is none is refused by what it is',
  withInstance(async (client) => {
    class Model {
      call(): number {
        return 1;
      }
    }
    for (const bad of [undefined, null, 1, 'model', {}, new Model(), [() => 1]]) {
      const error = await fails(client.createBackend('x', bad as never), 'INVALID_ARGUMENT');
      assert.match(error.message, /function|class|imported/);
    }
    assert.equal(await client.listBackends(), {});
  }),
);

test(
  "a constructor that throws is BACKEND_START_FAILED with the user's error as cause, and nothing stays",
  withInstance(async (client) => {
    class Broken {
      constructor() {
        throw Object.assign(new TypeError('no weights'), { file: 'w.bin' });
      }
      call(): void {}
    }
    const error = await fails(client.createBackend('broken', Broken), 'BACKEND_START_FAILED', 'broken', 'no weights');
    const cause = error.cause as TypeError & { file: string };
    assert.is(cause.name, 'TypeError');
    assert.is(cause.message, 'no weights');
    assert.is(cause.file, 'w.bin');
    assert.match(String(cause.stack), /create-backend-refusals\.test\.[jt]s:\d+/);
    assert.equal(await client.listBackends(), {});
    assert.equal((await client.status()).replicas, []);
    await client.createBackend('broken', () => 'now it works');
  }),
);

test(
  'what cannot travel is NOT_SHIPPABLE by its name, with the ways out',
  withInstance(async (client) => {
    const greeting = Promise.resolve('hello');
    const error = await fails(
      client.createBackend('x', () => greeting),
      'NOT_SHIPPABLE',
      'greeting (Promise)',
      'await it',
    );
    assert.ok(error.message.startsWith('cannot ship function'), error.message);
    assert.equal(await client.listBackends(), {});
  }),
);

test(
  'initArgs with a function, or not an array, are INVALID_ARGUMENT',
  withInstance(async (client) => {
    await fails(
      client.createBackend('x', () => 1, { initArgs: [1] }),
      'INVALID_ARGUMENT',
      'initArgs',
      'class',
    );
    await fails(
      client.createBackend('x', () => 1, { initArgs: 5 as never }),
      'INVALID_ARGUMENT',
      'initArgs',
      'array',
    );
  }),
);

test(
  'constructor arguments that cannot be cloned are NOT_SERIALIZABLE with their path',
  withInstance(async (client) => {
    class Model {
      call(): number {
        return 1;
      }
    }
    const initArgs = [{ onDone: () => 1 }];
    await fails(client.createBackend('x', Model, { initArgs }), 'NOT_SERIALIZABLE', '[0].onDone', 'function');
  }),
);

test(
  'unknown options anywhere are refused with the nearest known name',
  withInstance(async (client) => {
    const cases: [object, string][] = [
      [{ confg: {} }, "did you mean 'config'?"],
      [{ config: { numReplica: 2 } }, "did you mean 'numReplicas'?"],
      [{ config: { max_batch_size: 2 } }, "did you mean 'maxBatchSize'?"],
      [{ actorOptions: { num_cpus: 2 } }, "did you mean 'numCpus'?"],
      [{ env: { directory: '.' } }, "must be what nodeEnv('./directory') returns"],
    ];
    for (const [options, part] of cases)
      await fails(
        client.createBackend('x', () => 1, options),
        'INVALID_ARGUMENT',
        part,
      );
    await fails(
      client.createBackend('x', () => 1, null as never),
      'INVALID_ARGUMENT',
      'plain object',
      'null',
    );
  }),
);

test(
  'maxBatchSize above 1 without acceptBatch is BATCH_NOT_ACCEPTED, and nothing stays',
  withInstance(async (client) => {
    const error = await fails(
      client.createBackend('x', () => 1, { config: { maxBatchSize: 2 } }),
      'BATCH_NOT_ACCEPTED',
      'acceptBatch',
    );
    assert.ok(error.message.includes('maxBatchSize'), error.message);
    assert.equal(await client.listBackends(), {});
  }),
);

test(
  'a userConfig for what has no reconfigure is INVALID_ARGUMENT',
  withInstance(async (client) => {
    class Plain {
      call(): void {}
    }
    for (const target of [() => 1, Plain]) {
      await fails(client.createBackend('x', target, { config: { userConfig: 1 } }), 'INVALID_ARGUMENT', 'reconfigure');
    }
    assert.equal(await client.listBackends(), {});
  }),
);

test(
  'a first reconfigure that throws fails the start with its error as cause',
  withInstance(async (client) => {
    class Picky {
      reconfigure(): void {
        throw new RangeError('threshold out of range');
      }
      call(): void {}
    }
    const error = (await failureOf(
      client.createBackend('x', Picky, { config: { userConfig: 7 } }),
    )) as serve.ServeError;
    assert.is(error.code, 'BACKEND_START_FAILED');
    assert.is((error.cause as Error).name, 'RangeError');
    assert.equal(await client.listBackends(), {});
  }),
);

test(
  'an imported class is loaded by each replica; a missing module or export is BACKEND_START_FAILED',
  withInstance(async (client) => {
    await fails(client.createBackend('x', serve.imported('./nowhere.ts')), 'BACKEND_START_FAILED', 'nowhere');
    await fails(client.createBackend('x', serve.imported('node:path', 'joyn')), 'BACKEND_START_FAILED', 'joyn');
    const handle = await handleOf(client, 'join', serve.imported('node:querystring', 'escape'));
    assert.type(await handle.remote('a b'), 'string');
  }),
);

test.run();
