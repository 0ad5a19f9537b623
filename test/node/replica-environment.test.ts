import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActorOptions } from '../../lib/domain/backend.ts';
import { replicaEnvironment } from '../../lib/node/replica-environment.ts';

const test = suite('replicaEnvironment');

const THREAD = { isolation: 'thread', numGpus: 0, envVars: {} } as const;
const PROCESS = { isolation: 'process', numGpus: 0, envVars: {} } as const;
const GPU = { ...PROCESS, numGpus: 1 } as const;

type Options = Pick<ActorOptions, 'isolation' | 'numGpus' | 'envVars'>;
const cases: readonly [string, Options, readonly number[], Readonly<Record<string, string>>, boolean, object][] = [
  ['a thread has one OpenMP thread, and GPUs as its process has them', THREAD, [], {}, true, { OMP_NUM_THREADS: '1' }],
  ["the caller's OMP_NUM_THREADS counts as set", THREAD, [], { OMP_NUM_THREADS: '12' }, true, {}],
  [
    'its own OMP_NUM_THREADS goes before it',
    { ...PROCESS, envVars: { OMP_NUM_THREADS: '2' } },
    [],
    { OMP_NUM_THREADS: '12' },
    true,
    { CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '2' },
  ],
  [
    'a process without a GPU is shown none, whatever the instance sees',
    PROCESS,
    [],
    { CUDA_VISIBLE_DEVICES: '0,1' },
    true,
    { OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '' },
  ],
  [
    'but those that it asks for by itself',
    { ...PROCESS, envVars: { CUDA_VISIBLE_DEVICES: '3' } },
    [],
    {},
    true,
    { OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '3' },
  ],
  [
    'a GPU replica is shown its own, counted as nvidia-smi counts',
    { ...GPU, envVars: { A: 'b' } },
    [2, 5],
    {},
    true,
    { OMP_NUM_THREADS: '1', A: 'b', CUDA_VISIBLE_DEVICES: '2,5', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
  ],
  [
    'GPUs that were only declared have no order',
    GPU,
    [0],
    {},
    false,
    { OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '0' },
  ],
  [
    "the caller's order stays",
    GPU,
    [0],
    { CUDA_DEVICE_ORDER: 'FASTEST_FIRST' },
    true,
    { OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '0' },
  ],
  [
    'and so does its own',
    { ...GPU, envVars: { CUDA_DEVICE_ORDER: 'FASTEST_FIRST' } },
    [0],
    {},
    true,
    { OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '0', CUDA_DEVICE_ORDER: 'FASTEST_FIRST' },
  ],
];

for (const [title, options, gpus, env, areGpusFound, added] of cases) {
  test(title, () => assert.equal(replicaEnvironment(options, gpus, { env, areGpusFound }), added));
}

test.run();
