import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveActorOptions } from '../lib/actor-options.ts';
import { refuses } from './support/refusals.ts';

const test = suite('actor options');

const DEFAULTS = {
  numCpus: 1,
  numGpus: 0,
  custom: {},
  placement: 'pack',
  isolation: 'thread',
  envVars: {},
  maxMemoryBytes: null,
  startTimeoutMs: 300_000,
};

test('they have defaults, and the values that mean default are taken', () => {
  assert.equal(resolveActorOptions(undefined), DEFAULTS);
  assert.equal(resolveActorOptions({ numGpus: 0, isolation: 'thread', envVars: {}, custom: {} }), DEFAULTS);
});

test('what is given is taken, frozen, and no longer the own object of the caller', () => {
  const envVars = { OMP_NUM_THREADS: '12', EMPTY: '' };
  const custom = { tpu: 0.5, license: 0, 'node:a.b': 2 };
  const given = {
    numCpus: 0.5,
    numGpus: 2,
    custom,
    placement: 'spread',
    isolation: 'process',
    envVars,
    maxMemoryBytes: 2 ** 28,
    startTimeoutMs: 10,
  };
  const resolved = resolveActorOptions(given);
  assert.equal(resolved, given);
  envVars.OMP_NUM_THREADS = '1';
  custom.tpu = 7;
  assert.equal([resolved.envVars.OMP_NUM_THREADS, resolved.custom.tpu], ['12', 0.5]);
  for (const part of [resolved, resolved.envVars, resolved.custom]) assert.ok(Object.isFrozen(part));
});

for (const [given, forcing, isolation] of [
  [{}, [], 'thread'],
  [{ isolation: 'process' }, [], 'process'],
  [{ numGpus: 0.5 }, [], 'process'],
  [{ envVars: { A: '1' } }, [], 'process'],
  [{}, ['env'], 'process'],
  [{ numGpus: 1, isolation: 'process' }, [], 'process'],
] as const) {
  test(`${JSON.stringify(given)}${forcing.map((one) => ` with ${one}`).join('')} means a ${isolation}`, () => {
    assert.is(resolveActorOptions(given, forcing).isolation, isolation);
  });
}

test('a thread for what only a process has is refused, saying why', () => {
  const why = 'native code reads the environment of its process, which threads share; leave isolation out';
  for (const [given, forcing, reasons] of [
    [{ numGpus: 0.5 }, [], 'numGpus 0.5 needs'],
    [{ envVars: { A: '1' } }, [], 'envVars needs'],
    [{ numGpus: 1, envVars: { A: '1' } }, ['env'], 'numGpus 1 and envVars and env need'],
  ] as const) {
    const refused = (): unknown => resolveActorOptions({ ...given, isolation: 'thread' }, forcing);
    assert.throws(
      refused,
      (error: Error) => error.message === `isolation is 'thread', but ${reasons} 'process': ${why}`,
    );
  }
});

refuses(test, resolveActorOptions, [
  [null, 'actor options must be a plain object, got null'],
  [{ numCpu: 1 }, "unknown actor option 'numCpu'; did you mean 'numCpus'?"],
  [{ num_gpus: 1 }, "unknown actor option 'num_gpus'; did you mean 'numGpus'?"],
  [{ resources: { tpu: 1 } }, "unknown actor option 'resources'"],
  [{ numCpus: -1 }, 'numCpus must be 0 or a number from 0.0001 to 100000000000, got -1'],
  [{ numCpus: Number.NaN }, 'got NaN'],
  [{ numCpus: 1e12 }, 'got 1000000000000'],
  [{ numCpus: 0.00005 }, 'got 0.00005'],
  [{ numGpus: -1 }, 'numGpus must be 0 or a number from 0.0001'],
  [{ numGpus: 1.5 }, 'numGpus must be whole when it is more than 1, got 1.5'],
  [{ numGpus: '1' }, "got '1'"],
  [{ placement: 'binpack' }, "placement must be 'pack' or 'spread', got 'binpack'"],
  [{ isolation: 'vm' }, "isolation must be 'thread' or 'process', got 'vm'"],
  [{ envVars: [] }, 'envVars must be a plain object, got an empty array'],
  [{ envVars: { A: 1 } }, "environment variable 'A' must be a string, got number"],
  [{ envVars: { A: undefined } }, "environment variable 'A' must be a string, got undefined"],
  [
    { envVars: { 'A=B': '1' } },
    "the name of an environment variable in envVars must be non-empty, without '=' and NUL",
  ],
  [{ envVars: { '': '1' } }, "got ''"],
  [{ envVars: { 'A\0B': '1' } }, "got 'A\\u{0}B'"],
  [{ envVars: { A: '1\0' } }, "environment variable 'A' must be without NUL"],
  [{ numGpus: 1, envVars: { CUDA_VISIBLE_DEVICES: '0' } }, 'envVars sets CUDA_VISIBLE_DEVICES, and numGpus is 1'],
  [{ custom: { tpu: -1 } }, "custom: 'tpu' must be 0 or a number from 0.0001 to 100000000000, got -1"],
  [{ custom: { tpu: '1' } }, "custom: 'tpu' must be"],
  [{ custom: { 'my tpu': 1 } }, 'resource name must match'],
  [{ custom: { GPU: 1 } }, "custom names 'GPU', which is no custom resource; give gpus in serve.start"],
  [{ custom: { num_cpus: 1 } }, "custom names 'num_cpus', which is no custom resource; give cpus in"],
  [JSON.parse('{ "custom": { "__proto__": 1 } }'), 'resource name must match'],
  [{ maxMemoryBytes: 0 }, 'maxMemoryBytes must be an integer >= 1 or null, got 0'],
  [{ startTimeoutMs: 0 }, 'startTimeoutMs must be a number of ms > 0'],
]);

test('without a GPU the CUDA_VISIBLE_DEVICES of envVars is its own affair', () => {
  assert.equal(resolveActorOptions({ envVars: { CUDA_VISIBLE_DEVICES: '3' } }).envVars, { CUDA_VISIBLE_DEVICES: '3' });
});

test.run();
