import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeOf } from '../support/instance.ts';

const test = suite('defineConfig');
const here = dirname(fileURLToPath(import.meta.url));

const echo = (request: serve.ServeRequest): unknown => request.data;

test('it returns what it was given, checked, frozen, and with modules seen from this file', () => {
  const config = serve.defineConfig({
    backends: {
      v1: { target: echo, initArgs: [1], config: { numReplicas: 2 }, actorOptions: { numCpus: 0 } },
      v2: { target: { import: './model.ts' }, env: { directory: './env', node: 'node22' } },
      v3: { target: serve.imported('./model.ts', 'Model'), env: serve.nodeEnv('./env') },
    },
    endpoints: {
      e: {
        route: '/e',
        methods: ['GET'],
        traffic: { v1: 0.5, v2: 0.5 },
        shadows: { v3: 0.1, v2: 0 },
        idempotent: true,
      },
      f: { traffic: { v1: 1 }, route: null },
    },
  });
  const { v1, v2, v3 } = config.backends;
  assert.equal(v1, { target: echo, initArgs: [1], config: { numReplicas: 2 }, actorOptions: { numCpus: 0 } });
  assert.equal(namedBy(v2), ['./model.ts', 'default', import.meta.url]);
  assert.equal(namedBy(v3), ['./model.ts', 'Model', import.meta.url]);
  assert.equal({ ...v2?.env }, { kind: 'node-env', directory: join(here, 'env'), node: 'node22' });
  assert.equal(config.endpoints, {
    e: { traffic: { v1: 0.5, v2: 0.5 }, shadows: { v3: 0.1 }, route: '/e', methods: ['GET'], idempotent: true },
    f: { traffic: { v1: 1 }, route: null },
  });
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.backends) && Object.isFrozen(v1));
  assert.equal(serve.defineConfig({}), { backends: {}, endpoints: {} });
});

test('what it has returned may be given to it again, as from another file', () => {
  const config = serve.defineConfig({ backends: { v: { target: { import: './m.ts' }, env: { directory: 'env' } } } });
  const again = serve.defineConfig(config, 'file:///elsewhere/config.json');
  assert.equal(namedBy(again.backends.v), ['./m.ts', 'default', import.meta.url]);
  assert.is(again.backends.v?.env?.directory, join(here, 'env'));
});

function namedBy(backend: serve.ConfiguredBackend | undefined): unknown {
  assert.ok(backend);
  const { module, exportName, from } = backend.target as serve.ImportedTarget;
  return [module, exportName, from];
}

const target = echo;
const traffic = { v: 1 };
const refused: readonly (readonly [given: unknown, code: serve.ServeErrorCode, ...parts: string[]])[] = [
  [null, 'INVALID_ARGUMENT', 'config', 'null'],
  [{ backend: {} }, 'INVALID_ARGUMENT', "did you mean 'backends'?"],
  [{ backends: [] }, 'INVALID_ARGUMENT', 'backends must be a plain object, got an empty array'],
  [{ backends: { 'a b': { target } } }, 'INVALID_ARGUMENT', 'backends.a b: backend name'],
  [JSON.parse('{ "backends": { "__proto__": {} } }'), 'INVALID_ARGUMENT', '__proto__'],
  [{ backends: { v: echo } }, 'INVALID_ARGUMENT', 'backends.v: a backend must be a plain object, got a function'],
  [{ backends: { v: {} } }, 'INVALID_ARGUMENT', 'backends.v: target must be', './model.ts', 'got undefined'],
  [{ backends: { v: { target: './model.ts' } } }, 'INVALID_ARGUMENT', 'backends.v: target', "got './model.ts'"],
  [{ backends: { v: { target: { module: 'm' } } } }, 'INVALID_ARGUMENT', "unknown target option 'module'", 'import'],
  [{ backends: { v: { target: { import: '' } } } }, 'INVALID_ARGUMENT', 'target.import'],
  [{ backends: { v: { target: { import: 'm', export: 1 } } } }, 'INVALID_ARGUMENT', 'target.export', '1'],
  [{ backends: { v: { target, initArg: [] } } }, 'INVALID_ARGUMENT', "did you mean 'initArgs'?"],
  [{ backends: { v: { target, initArgs: 1 } } }, 'INVALID_ARGUMENT', 'initArgs must be an array, got 1'],
  [{ backends: { v: { target, config: [] } } }, 'INVALID_ARGUMENT', 'config must be a plain object'],
  [{ backends: { v: { target, actorOptions: 1 } } }, 'INVALID_ARGUMENT', 'actorOptions'],
  [{ backends: { v: { target, env: './env' } } }, 'INVALID_ARGUMENT', 'env must be a plain object'],
  [{ backends: { v: { target, env: { dir: '.' } } } }, 'INVALID_ARGUMENT', "unknown env option 'dir'"],
  [{ backends: { v: { target, env: {} } } }, 'INVALID_ARGUMENT', 'directory'],
  [{ endpoints: { 'a/b': { traffic } } }, 'INVALID_ARGUMENT', 'endpoints.a/b: endpoint name'],
  [{ endpoints: { e: { backend: 'v' } } }, 'INVALID_ARGUMENT', "endpoints.e: unknown endpoint 'e' option 'backend'"],
  [{ endpoints: { e: {} } }, 'INVALID_ARGUMENT', 'endpoints.e: traffic must be', '{ v1: 0.9, v2: 0.1 }'],
  [{ endpoints: { e: { traffic: { v: 0.5 } } } }, 'INVALID_TRAFFIC', 'endpoints.e: weights must sum to 1'],
  [{ endpoints: { e: { traffic: { v: '1' } } } }, 'INVALID_ARGUMENT', "the weight of 'v'"],
  [{ endpoints: { e: { traffic, shadows: { v: 2 } } } }, 'INVALID_TRAFFIC', 'proportion'],
  [{ endpoints: { e: { traffic, shadows: [] } } }, 'INVALID_ARGUMENT', 'shadows'],
  [{ endpoints: { e: { traffic, route: 'e' } } }, 'INVALID_ARGUMENT', "'/e'"],
  [{ endpoints: { e: { traffic, methods: 'GET' } } }, 'INVALID_ARGUMENT', 'methods'],
  [{ endpoints: { e: { traffic, idempotent: 1 } } }, 'INVALID_ARGUMENT', 'idempotent must be true or false, got 1'],
  [
    { endpoints: { e: { traffic, route: '/x/{a}' }, f: { traffic, route: '/x/{b}' } } },
    'ROUTE_EXISTS',
    "endpoints 'e' and 'f' have one route, '/x/{b}'",
  ],
];

for (const [given, code, ...parts] of refused) {
  test(`refused: ${parts.join(' … ')}`, () => {
    let thrown: unknown;
    try {
      serve.defineConfig(given as serve.ConfigGiven);
    } catch (error) {
      thrown = error;
    }
    assert.is(codeOf(thrown), code, String(thrown));
    for (const part of parts) assert.ok((thrown as Error).message.includes(part), (thrown as Error).message);
  });
}

test.run();
