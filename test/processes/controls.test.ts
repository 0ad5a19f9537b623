// The instance's controls, called from replicas.
import { existsSync } from 'node:fs';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('controls called from a replica'));

/** Calls a method of its own client with what it is sent; an error comes back as its code. */
const control = async (request: serve.ServeRequest) => {
  const [method, ...args] = request.data;
  const client = (await serve.connect()) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const targets: Record<string, serve.BackendTarget> = {
    greet: (request: serve.ServeRequest) =>
      `hello ${request.queryParams.get('name')} of ${serve.getCurrentBackendTag()}`,
    Counter: class {
      readonly #start: number;
      constructor(start: number) {
        this.#start = start;
      }
      call(): number {
        return this.#start;
      }
    },
  };
  const given = method === 'createBackend' ? [args[0], targets[args[1]], ...args.slice(2)] : args;
  try {
    return { value: await client[method]?.(...given) };
  } catch (error) {
    return { code: (error as serve.ServeError).code, message: (error as Error).message };
  }
};

test(
  'each of them does what it does elsewhere, at once for everybody, HTTP included',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'control', control);
    const call = (...data: unknown[]) => handle.remote(data);
    const actorOptions = { isolation: 'process' };
    const get = async (path: string) => (await fetch(`${url}${path}`)).text();

    assert.equal(await call('createBackend', 'a', 'greet', { actorOptions }), { value: undefined });
    assert.equal(await call('createBackend', 'b', 'greet', {}), { value: undefined });
    assert.equal(await call('createBackend', 'c', 'Counter', { actorOptions, initArgs: [7] }), { value: undefined });
    assert.equal(await call('createEndpoint', 'e', { backend: 'a', route: '/e' }), { value: undefined });
    assert.is(await get('/e?name=Ada'), 'hello Ada of a');
    await call('setTraffic', 'e', { b: 1 });
    assert.is(await get('/e?name=Ada'), 'hello Ada of b');
    await call('setTraffic', 'e', { c: 1 });
    assert.is(await get('/e'), '7');
    await call('shadowTraffic', 'e', 'a', 0.5);
    await call('updateBackendConfig', 'a', { numReplicas: 2, maxConcurrentQueries: 9 });

    assert.equal(await call('listEndpoints'), { value: await client.listEndpoints() });
    assert.equal(await call('listBackends'), { value: await client.listBackends() });
    assert.equal(await call('getBackendConfig', 'a'), { value: await client.getBackendConfig('a') });
    const { value } = (await call('status')) as { value: serve.ServeStatus };
    assert.equal(value.backends.a?.replicas, { target: 2, running: 2, pending: [] });
    assert.equal(
      value.replicas.filter(({ backend }) => backend === 'a').map(({ isolation }) => isolation),
      ['process', 'process'],
    );

    for (const [code, ...given] of [
      ['BACKEND_EXISTS', 'createBackend', 'a', 'greet', {}],
      ['BACKEND_IN_USE', 'deleteBackend', 'c'],
      ['ENDPOINT_EXISTS', 'createEndpoint', 'e', { backend: 'a' }],
      ['INVALID_TRAFFIC', 'setTraffic', 'e', { a: 2 }],
      ['BACKEND_NOT_FOUND', 'getBackendConfig', 'nothing'],
      ['INVALID_ARGUMENT', 'updateBackendConfig', 'a', { replicas: 2 }],
    ]) {
      assert.is(((await call(...given)) as { code?: string }).code, code, String(given[0]));
    }

    await call('deleteEndpoint', 'e');
    assert.is((await fetch(`${url}/e`)).status, 404);
    for (const tag of ['a', 'b', 'c']) assert.equal(await call('deleteBackend', tag), { value: undefined });
    assert.equal(Object.keys(await client.listBackends()), ['control']);
  }),
);

test(
  'a closed client is closed there alone, and the next connect() works',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'closing', async () => {
        const mine = await serve.connect();
        await mine.close();
        const code = await mine.status().catch((error: serve.ServeError) => error.code);
        return [code, (await (await serve.connect()).status()).instance.name];
      });
      assert.equal(await handle.remote(), ['CLIENT_CLOSED', 'closed-there']);
      assert.is((await client.status()).instance.name, 'closed-there');
    },
    { name: 'closed-there', http: null },
  ),
);

test(
  'shutdown() from a replica ends the instance, and the replica with it',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'ending', async () => (await serve.connect()).shutdown());
    const [replica] = (await client.status()).replicas;
    const call = handle.remote().then(
      () => 'answered',
      (error) => (error as serve.ServeError).code,
    );
    assert.ok(['answered', 'REPLICA_DIED', 'CANCELLED'].includes(await call));
    await until(
      () =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      'HTTP to be closed',
    );
    await fails(handle.remote(), 'CLIENT_CLOSED');
    if (replica?.isolation === 'process') await until(() => !existsSync(`/proc/${replica.pid}`), 'its process to end');
  }),
);

test.run();
