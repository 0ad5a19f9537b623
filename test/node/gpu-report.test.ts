import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FoundGpu, GPU_FIELDS, parseGpus } from '../../lib/node/gpu-report.ts';

const test = suite('parseGpus');

const UUID = 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6';
const OTHER = 'GPU-11111111-2222-3333-4444-555555555555';
const MIB = 1024 * 1024;
const A100: FoundGpu = {
  index: 0,
  uuid: UUID,
  name: 'NVIDIA A100-SXM4-80GB',
  memoryBytes: 81_920 * MIB,
  memoryUsedBytes: 87 * MIB,
  utilization: 0.37,
};
const LINE = `0, ${UUID}, NVIDIA A100-SXM4-80GB, 81920, 87, 37`;

test('reads the fields that are asked for, in their order', () => {
  assert.is(GPU_FIELDS, 'index,uuid,name,memory.total,memory.used,utilization.gpu');
});

const readings: readonly [string, string, readonly FoundGpu[]][] = [
  ['a GPU', `${LINE}\n`, [A100]],
  ['nothing', '', []],
  ['line breaks of Windows', `${LINE}\r\n`, [A100]],
  ['a header and units', `index, uuid, name, …\n0, ${UUID}, NVIDIA A100-SXM4-80GB, 81920 MiB, 87 MiB, 37 %\n`, [A100]],
  [
    'a name with commas',
    `0, ${UUID}, Quadro, by NVIDIA, rev 2, 1, 0, 0`,
    [{ index: 0, uuid: UUID, name: 'Quadro, by NVIDIA, rev 2', memoryBytes: MIB, memoryUsedBytes: 0, utilization: 0 }],
  ],
  [
    'several, by index',
    `1, ${OTHER}, B, 1, 1, 100\n0, ${UUID}, A, 1, 0, 0\n`,
    [
      { index: 0, uuid: UUID, name: 'A', memoryBytes: MIB, memoryUsedBytes: 0, utilization: 0 },
      { index: 1, uuid: OTHER, name: 'B', memoryBytes: MIB, memoryUsedBytes: MIB, utilization: 1 },
    ],
  ],
  [
    'figures that are not told',
    `0, ${UUID}, [N/A], [N/A], [Insufficient Permissions], [Not Supported]`,
    [{ index: 0, uuid: UUID }],
  ],
  [
    'figures that old drivers do not tell',
    `0, ${UUID}, Tesla, N/A, 3, ERR!`,
    [{ index: 0, uuid: UUID, name: 'Tesla', memoryUsedBytes: 3 * MIB }],
  ],
  [
    'no UUID',
    '0, [N/A], Orin, 1, 0, 0',
    [{ index: 0, name: 'Orin', memoryBytes: MIB, memoryUsedBytes: 0, utilization: 0 }],
  ],
  [
    'slices beside their GPU',
    `${LINE}\n  MIG 1g.10gb     Device  0: (UUID: MIG-1)\n0, MIG-2, MIG 1g.10gb, 9856, 0, [N/A]`,
    [A100],
  ],
  ['a warning at the end', `${LINE}\nWARNING: infoROM is corrupted at gpu 0000:06:00.0`, [A100]],
];

for (const [title, printed, gpus] of readings) {
  test(`reads ${title}`, () => assert.equal(parseGpus(printed), { gpus, trouble: null }));
}

const LOST = '1, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]';
for (const [title, printed, told] of [
  ['a GPU that is lost', LOST, LOST],
  [
    'an error in a line',
    'Unable to determine the device handle for GPU0000:2F:00.0: Unknown Error',
    'Unable to determine',
  ],
  ['too few fields', `1, ${OTHER}, B, 1, 1`, `'1, ${OTHER}, B, 1, 1'`],
  ['a figure that is none', `1, ${OTHER}, B, one, 1, 1`, 'one, 1, 1'],
  ['an index that is none', `x, ${OTHER}, B, 1, 1, 1`, "'x, GPU-"],
  ['an index that is too large', `99999, ${OTHER}, B, 1, 1, 1`, "'99999, GPU-"],
  ['a second of the same index', `0, ${OTHER}, B, 1, 1, 1`, `'0, ${OTHER}`],
  ['a second of the same UUID', `1, ${UUID}, B, 1, 1, 1`, `'1, ${UUID}`],
  ['bytes that are no text', '\u0000\u0007\u001b[31m\ufffd', "'\\u{0}\\u{7}\\u{1b}[31m\ufffd'"],
] as const) {
  test(`keeps the others and tells of ${title}`, () => {
    const { gpus, trouble } = parseGpus(`${LINE}\n${printed}\n`);
    assert.equal(gpus, [A100]);
    assert.ok(trouble?.startsWith('nvidia-smi printed ') && trouble.includes(told), String(trouble));
  });
}

test('of a page of garbage three lines are told, each clipped', () => {
  const { gpus, trouble } = parseGpus(`${'x'.repeat(5000)}\n`.repeat(100));
  assert.equal(gpus, []);
  assert.ok(trouble !== null && trouble.length < 400, trouble ?? 'nothing is told');
});

test.run();
