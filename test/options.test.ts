import { createContext, runInContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveActorOptions } from '../lib/actor-options.ts';
import { DEFAULT_BACKEND_CONFIG } from '../lib/domain/backend.ts';
import { describeEnv } from '../lib/domain/node-env.ts';
import {
  resolveBackendConfig,
  resolveCreateBackendOptions,
  resolveCreateEndpointOptions,
  resolveStartOptions,
} from '../lib/options.ts';
import { refuses } from './support/refusals.ts';

const test = suite('options');

const json = (text: string): unknown => JSON.parse(text);

test('a backend config not given is the default one, frozen', () => {
  assert.equal(resolveBackendConfig(undefined), DEFAULT_BACKEND_CONFIG);
  assert.ok(Object.isFrozen(resolveBackendConfig({})));
});

test('only the given keys of a backend config change, and undefined is not given', () => {
  const base = resolveBackendConfig({ numReplicas: 3, maxBatchSize: 8, userConfig: { a: 1 } });
  const merged = resolveBackendConfig({ numReplicas: 0, maxBatchSize: undefined, requestTimeoutMs: 5 }, base);
  assert.equal(merged, { ...base, numReplicas: 0, requestTimeoutMs: 5 });
  assert.is(merged.userConfig, base.userConfig);
});

test('null takes back a limit of a backend', () => {
  const base = resolveBackendConfig({ maxBatchSize: 8, maxConcurrentQueries: 9, requestTimeoutMs: 5 });
  const cleared = { maxBatchSize: null, maxConcurrentQueries: null, requestTimeoutMs: null };
  assert.equal(resolveBackendConfig(cleared, base), DEFAULT_BACKEND_CONFIG);
});

test('a userConfig of undefined means none, one of null is a value', () => {
  const base = resolveBackendConfig({ userConfig: { a: 1 } });
  assert.is(resolveBackendConfig({ userConfig: undefined }, base).userConfig, undefined);
  assert.is(resolveBackendConfig({ userConfig: null }, base).userConfig, null);
});

test('options of another realm, as a prompt makes them, are plain objects too', () => {
  const given: unknown = runInContext('({ numReplicas: 2 })', createContext());
  assert.is(resolveBackendConfig(given).numReplicas, 2);
});

refuses(test, resolveBackendConfig, [
  [null, 'backend options must be a plain object, got null'],
  [[], 'got an empty array'],
  ['a', "got 'a'"],
  [new Map(), 'got an instance of a class'],
  [{ numReplica: 2 }, "unknown backend option 'numReplica'; did you mean 'numReplicas'?"],
  [{ num_replicas: 2 }, "did you mean 'numReplicas'?"],
  [json('{ "__proto__": { "numReplicas": 2 } }'), "unknown backend option '__proto__'"],
  [{ constructor: 1 }, "unknown backend option 'constructor'"],
  [{ numReplicas: -1 }, 'numReplicas must be an integer >= 0, got -1'],
  [{ numReplicas: 1.5 }, 'got 1.5'],
  [{ numReplicas: '2' }, "numReplicas must be an integer >= 0, got '2'"],
  [{ numReplicas: null }, 'got null'],
  [{ numReplicas: Number.POSITIVE_INFINITY }, 'got Infinity'],
  [{ maxBatchSize: 0 }, 'maxBatchSize must be an integer >= 1 or null, got 0'],
  [{ batchWaitTimeoutMs: -1 }, 'batchWaitTimeoutMs must be a number of ms >= 0 and <= 2147483647, got -1'],
  [{ batchWaitTimeoutMs: null }, 'got null'],
  [{ maxConcurrentQueries: 0 }, 'maxConcurrentQueries must be an integer >= 1 or null, got 0'],
  [{ maxQueuedQueries: -1 }, 'maxQueuedQueries must be an integer >= 0, got -1'],
  [{ requestTimeoutMs: 0 }, 'requestTimeoutMs must be a number of ms > 0 and <= 2147483647 or null, got 0'],
  [{ gracefulShutdownTimeoutMs: Number.NaN }, 'got NaN'],
  [{ healthCheckPeriodMs: 0 }, 'healthCheckPeriodMs must be a number of ms > 0'],
  [{ healthCheckPeriodMs: 2 ** 31 }, 'got 2147483648'],
]);

test('createBackend has defaults, and passes config and actor options on', () => {
  assert.equal(resolveCreateBackendOptions(undefined), {
    initArgs: [],
    config: DEFAULT_BACKEND_CONFIG,
    actorOptions: resolveActorOptions({}),
    env: null,
  });
  const args = [{ path: 'model.json' }];
  const env = describeEnv('/envs/v1', null);
  const resolved = resolveCreateBackendOptions({
    initArgs: args,
    config: { numReplicas: 2 },
    actorOptions: { numCpus: 2 },
    env,
  });
  assert.is(resolved.initArgs[0], args[0]);
  assert.is(resolved.config.numReplicas, 2);
  assert.is(resolved.actorOptions.numCpus, 2);
  assert.is(resolved.env, env);
  assert.not.ok(Object.isFrozen(args));
});

refuses(test, resolveCreateBackendOptions, [
  [null, 'createBackend options must be a plain object, got null'],
  [{ initArg: [] }, "unknown createBackend option 'initArg'; did you mean 'initArgs'?"],
  [{ initArgs: 'a' }, "initArgs must be an array, got 'a'"],
  [{ initArgs: null }, 'initArgs must be an array, got null'],
  [{ config: null }, 'backend options must be a plain object, got null'],
  [{ config: { numReplica: 1 } }, "did you mean 'numReplicas'?"],
  [{ actorOptions: [] }, 'actor options must be a plain object'],
  [{ env: { directory: './v1' } }, "env must be what nodeEnv('./directory') returns, got an object"],
  [{ env: './v1' }, "got './v1'"],
  [{ env: null }, 'got null'],
]);

test('createEndpoint has defaults: GET, no route, not idempotent', () => {
  const defaults = { backend: 'echo', route: null, methods: ['GET'], idempotent: false };
  assert.equal(resolveCreateEndpointOptions({ backend: 'echo' }), defaults);
  assert.equal(resolveCreateEndpointOptions({ backend: 'echo', route: null, methods: undefined }), defaults);
});

test('methods are upper-cased and each is kept once, in order', () => {
  const methods = ['post', 'GET', 'Post', 'm-search'];
  const given = { backend: 'echo', route: '/a/{id:int}', methods, idempotent: true };
  const wanted = { backend: 'echo', route: '/a/{id:int}', methods: ['POST', 'GET', 'M-SEARCH'], idempotent: true };
  assert.equal(resolveCreateEndpointOptions(given), wanted);
});

refuses(test, resolveCreateEndpointOptions, [
  [undefined, 'backend must be a string, the tag of a backend, got undefined'],
  [{}, 'got undefined'],
  [{ backend: 1 }, 'backend must be a string, the tag of a backend, got 1'],
  [{ backend: 'a', rout: '/a' }, "unknown createEndpoint option 'rout'; did you mean 'route'?"],
  [{ backend: 'a', route: 'a' }, "route 'a' does not start with '/'"],
  [{ backend: 'a', route: 1 }, 'got 1'],
  [
    { backend: 'a', methods: 'GET' },
    "methods must be a non-empty array of HTTP methods like ['GET', 'POST'], got 'GET'",
  ],
  [{ backend: 'a', methods: [] }, 'got an empty array'],
  [{ backend: 'a', methods: null }, 'got null'],
  [{ backend: 'a', methods: ['GET', 'P OST'] }, "methods[1] must be an HTTP method like 'GET', got 'P OST'"],
  [{ backend: 'a', methods: [1] }, 'methods[0] must be'],
  [{ backend: 'a', idempotent: 1 }, 'idempotent must be true or false, got 1'],
]);

const DEFAULT_HTTP = {
  host: '127.0.0.1',
  port: 8000,
  location: 'HeadOnly',
  middlewares: [],
  maxBodyBytes: 104_857_600,
  requestTimeoutMs: null,
  debugErrors: false,
};

test('an instance has defaults', () => {
  const resources = { cpus: null, gpus: null, custom: {} };
  const defaults = { name: 'default', detached: false, host: 'inline', restart: false, http: DEFAULT_HTTP, resources };
  assert.equal(resolveStartOptions(undefined), defaults);
  const given = { detached: false, host: 'inline', http: undefined, resources: {}, cluster: undefined };
  assert.equal(resolveStartOptions(given), defaults);
  const detached = { ...defaults, detached: true, host: 'process', restart: true };
  assert.equal(resolveStartOptions({ detached: true }), detached);
  assert.equal(resolveStartOptions({ detached: true, restart: false }), { ...detached, restart: false });
});

test('http options change one by one', () => {
  const middleware = async (): Promise<void> => {};
  const http = { port: 0, location: 'EveryNode', middlewares: [middleware], requestTimeoutMs: 5, debugErrors: true };
  assert.equal(resolveStartOptions({ name: 'a.b', http }).http, { ...DEFAULT_HTTP, ...http });
});

for (const http of [null, { location: null }, { location: 'NoServer', port: 1 }]) {
  test(`with http ${JSON.stringify(http)} there is no server`, () => {
    assert.is(resolveStartOptions({ http }).http, null);
  });
}

refuses(test, resolveStartOptions, [
  [null, 'start options must be a plain object, got null'],
  [{ naem: 'a' }, "unknown start option 'naem'; did you mean 'name'?"],
  [{ name: 'a:b' }, 'instance name must match'],
  [{ name: null }, 'got null'],
  [{ detached: 1 }, 'detached must be true or false, got 1'],
  [{ detached: true, host: 'inline' }, "host is 'inline', but a detached instance outlives"],
  [{ restart: true }, 'restart is true, but an instance that is not detached ends with'],
  [{ restart: 'no' }, "restart must be true or false, got 'no'"],
  [{ host: 'thread' }, "host must be 'inline' or 'process', got 'thread'"],
  [{ resources: [] }, 'resources options must be a plain object'],
  [{ resources: { cpu: 1 } }, "unknown resources option 'cpu'; did you mean 'cpus'?"],
  [{ resources: { cpus: -1 } }, 'resources.cpus must be 0 or a number from 0.0001'],
  [{ cluster: { join: 'x' } }, 'clusters are not available in this version'],
  [{ cluster: 1 }, 'cluster must be a plain object, got 1'],
  [{ http: 8000 }, 'http options must be a plain object, got 8000'],
  [{ http: { prot: 1 } }, "unknown http option 'prot'; did you mean 'port'?"],
  [{ http: { port: 65_536 } }, 'http.port must be an integer from 0 (any free port) to 65535, got 65536'],
  [{ http: { port: '80' } }, "got '80'"],
  [{ http: { host: '' } }, "http.host must be a non-empty string, got ''"],
  [{ http: { location: 'Everywhere' } }, "http.location must be 'HeadOnly', 'EveryNode', 'NoServer' or null"],
  [{ http: { middlewares: () => 1 } }, 'http.middlewares must be an array, got a function'],
  [
    { http: { middlewares: [() => 1, 'cors'] } },
    "http.middlewares[1] must be a Koa middleware, (ctx, next) => …, or imported(module, export, [options]), got 'cors'",
  ],
  [{ http: { maxBodyBytes: -1 } }, 'http.maxBodyBytes must be an integer >= 0, got -1'],
  [{ http: { requestTimeoutMs: 0 } }, 'http.requestTimeoutMs must be a number of ms > 0'],
  [{ http: { debugErrors: 'yes' } }, "http.debugErrors must be true or false, got 'yes'"],
]);

test('nothing given ever reaches a prototype', () => {
  const hostile = json('{ "backend": "a", "__proto__": { "polluted": true } }');
  assert.throws(() => resolveCreateEndpointOptions(hostile));
  assert.is(Reflect.get({}, 'polluted'), undefined);
});

test.run();
