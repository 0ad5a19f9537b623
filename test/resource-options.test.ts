import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveResources } from '../lib/resource-options.ts';
import { refuses } from './support/refusals.ts';

const test = suite('declared resources');

const NONE = { cpus: null, gpus: null, custom: {} };

for (const [given, resolved] of [
  [undefined, NONE],
  [{}, NONE],
  [{ cpus: undefined, gpus: undefined, custom: undefined }, NONE],
  [{ cpus: 0.5 }, { ...NONE, cpus: 0.5 }],
  [
    { cpus: 0, gpus: 0 },
    { ...NONE, cpus: 0, gpus: 0 },
  ],
  [{ gpus: 4 }, { ...NONE, gpus: 4 }],
  [{ gpus: [] }, { ...NONE, gpus: [] }],
  [
    { gpus: [{ index: 3 }, { index: 0, name: 'H200', memoryBytes: 5 }] },
    { ...NONE, gpus: [{ index: 3 }, { index: 0, name: 'H200', memoryBytes: 5 }] },
  ],
  [{ custom: { tpu: 2.5, memory: 64 * 2 ** 30 } }, { ...NONE, custom: { tpu: 2.5, memory: 64 * 2 ** 30 } }],
] as const) {
  test(`${JSON.stringify(given)} is taken`, () => assert.equal(resolveResources(given), resolved));
}

refuses(test, resolveResources, [
  [null, 'resources options must be a plain object, got null'],
  [4, 'resources options must be a plain object, got 4'],
  [{ cpu: 1 }, "unknown resources option 'cpu'; did you mean 'cpus'?"],
  [{ num_gpus: 1 }, "unknown resources option 'num_gpus'"],
  [{ cpus: -1 }, 'resources.cpus must be 0 or a number from 0.0001'],
  [{ cpus: '4' }, "got '4'"],
  [{ cpus: null }, 'got null'],
  [
    { gpus: 1.5 },
    'resources.gpus must be an integer from 0 to 1024, or a list of { index, name?, memoryBytes? }, got 1.5',
  ],
  [{ gpus: -1 }, 'got -1'],
  [{ gpus: 100_000 }, 'got 100000'],
  [{ gpus: { index: 0 } }, 'resources.gpus must be an integer'],
  [{ gpus: [0] }, 'resources.gpus[0] options must be a plain object, got 0'],
  [{ gpus: [{}] }, 'resources.gpus[0].index must be an integer >= 0, got undefined'],
  [{ gpus: [{ index: 0 }, { idx: 1 }] }, "unknown resources.gpus[1] option 'idx'; did you mean 'index'?"],
  [{ gpus: [{ index: -1 }] }, 'resources.gpus[0].index must be an integer >= 0, got -1'],
  [{ gpus: [{ index: '0' }] }, "got '0'"],
  [{ gpus: [{ index: 0, name: '' }] }, "resources.gpus[0].name must be a non-empty string, got ''"],
  [{ gpus: [{ index: 0, memoryBytes: 0 }] }, 'resources.gpus[0].memoryBytes must be an integer >= 1, got 0'],
  [{ gpus: [{ index: 2 }, { index: 0 }, { index: 2 }] }, 'resources.gpus lists index 2 twice'],
  [{ custom: [] }, 'resources.custom must be a plain object'],
  [{ custom: { tpu: -1 } }, "resources.custom: 'tpu' must be 0 or a number from 0.0001"],
  [{ custom: { 'a b': 1 } }, 'resource name must match'],
  [{ custom: { gpus: 1 } }, "resources.custom names 'gpus', which is no custom resource; give gpus in serve.start"],
]);

test.run();
