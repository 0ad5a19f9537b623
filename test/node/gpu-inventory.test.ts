import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DeclaredResources } from '../../lib/domain/resources.ts';
import { GpuInventory } from '../../lib/node/gpu-inventory.ts';
import type { FoundGpu, GpuReport } from '../../lib/node/gpu-report.ts';
import { fails } from '../support/instance.ts';

const test = suite('GpuInventory');

const gpu = (index: number, uuid = `GPU-${index}`, more: Partial<FoundGpu> = {}): FoundGpu => ({
  index,
  uuid,
  ...more,
});

interface Given {
  readonly declared?: DeclaredResources['gpus'];
  readonly visible?: string;
  readonly report?: GpuReport;
}

/** An inventory over a machine that the test changes. */
function inventory({ declared = null, visible, report = { gpus: [gpu(0), gpu(1)], trouble: null } }: Given) {
  let now = 0;
  let machine = report;
  let changes = 0;
  let looks = 0;
  const found = new GpuInventory({
    declared,
    visible,
    look: async () => {
      looks++;
      return machine;
    },
    changed: () => {
      changes++;
    },
    now: () => now,
  });
  /** The machine is another now, and that is known. */
  const become = async (gpus: readonly FoundGpu[], trouble: string | null = null): Promise<void> => {
    machine = { gpus, trouble };
    now += 10_000;
    await found.fresh();
  };
  const indices = (): readonly number[] => found.offered.map(({ index }) => index);
  const numChanges = (): number => changes;
  const numLooks = (): number => looks;
  return { found, become, indices, numChanges, numLooks };
}

async function opened(given: Given) {
  const it = inventory(given);
  await it.found.open();
  await it.found.settled();
  return it;
}

test('undeclared, it offers what the machine has', async () => {
  const { found, indices, numChanges } = await opened({});
  assert.equal(indices(), [0, 1]);
  assert.equal([found.note, found.areFound, numChanges()], [null, true, 1]);
  found.stop();
});

test('CUDA_VISIBLE_DEVICES limits what is offered, and is told of', async () => {
  for (const [visible, wanted] of [
    ['1', [1]],
    ['GPU-1,0', [0, 1]],
    ['', []],
    ['-1', []],
  ] as const) {
    const { found, indices } = await opened({ visible });
    assert.equal(indices(), wanted);
    assert.is(found.note, wanted.length === 2 ? null : `CUDA_VISIBLE_DEVICES is '${visible}'`);
    found.stop();
  }
});

test('a machine without nvidia-smi has no GPUs, and says why', async () => {
  const { found, indices } = await opened({ report: { gpus: [], trouble: 'nvidia-smi was not found on PATH' } });
  assert.equal(indices(), []);
  assert.equal([found.note, found.areFound], ['nvidia-smi was not found on PATH', false]);
  found.stop();
});

test('one that vanishes is no longer offered and still known; when it comes back it is the same one', async () => {
  const { found, become, indices, numChanges } = await opened({});
  const [, second] = found.offered;
  await become([gpu(0)]);
  assert.equal(indices(), [0]);
  assert.is(found.note, 'GPU 1 no longer found');
  assert.is(found.find('GPU-1'), second);
  assert.is(numChanges(), 2);
  await become([gpu(0), gpu(1)]);
  assert.equal(indices(), [0, 1]);
  assert.equal([found.note, found.offered[1]?.key, numChanges()], [null, second?.key, 3]);
  found.stop();
});

test('one that is counted otherwise since another has gone is the same one', async () => {
  const { found, become } = await opened({ report: { gpus: [gpu(0), gpu(1), gpu(2)], trouble: null } });
  await become([gpu(0), gpu(1, 'GPU-2')]);
  assert.equal(
    found.offered.map(({ index, key }) => [index, key]),
    [
      [0, 'GPU-0'],
      [1, 'GPU-2'],
    ],
  );
  assert.is(found.find('GPU-2')?.index, 1);
  found.stop();
});

test('an nvidia-smi that fails offers nothing until it answers again', async () => {
  const { found, become, indices } = await opened({});
  await become([], 'nvidia-smi did not answer within 5000 ms');
  assert.equal(indices(), []);
  assert.is(found.note, 'GPU 0, 1 no longer found; nvidia-smi did not answer within 5000 ms');
  await become([gpu(0), gpu(1)]);
  assert.equal(indices(), [0, 1]);
  found.stop();
});

test('figures that move are a change; the same ones are none', async () => {
  const { found, become, numChanges } = await opened({ report: { gpus: [gpu(0)], trouble: null } });
  await become([gpu(0, 'GPU-0', { utilization: 0.5 })]);
  assert.is(numChanges(), 2);
  assert.is(found.offered[0]?.utilization, 0.5);
  await become([gpu(0, 'GPU-0', { utilization: 0.5 })]);
  assert.is(numChanges(), 2);
  found.stop();
});

test('declared, there are as many as that, with the figures of those that are really there', async () => {
  const report = { gpus: [gpu(0, 'GPU-0', { name: 'H200', utilization: 0.1 })], trouble: null };
  const { found } = await opened({ declared: 2, report });
  assert.equal(found.offered, [
    { key: 'GPU 0', index: 0, uuid: 'GPU-0', name: 'H200', utilization: 0.1 },
    { key: 'GPU 1', index: 1 },
  ]);
  assert.is(found.note, null);
  found.stop();
});

test('what is declared of a GPU goes before what is found', async () => {
  const report = { gpus: [gpu(3, 'GPU-3', { name: 'H200', memoryBytes: 9 })], trouble: null };
  const declared = [
    { index: 3, name: 'mine' },
    { index: 1, memoryBytes: 5 },
  ];
  const { found } = await opened({ declared, report, visible: '0' });
  assert.equal(found.offered, [
    { key: 'GPU 1', index: 1, memoryBytes: 5 },
    { key: 'GPU 3', index: 3, uuid: 'GPU-3', name: 'mine', memoryBytes: 9 },
  ]);
  found.stop();
});

test('declared ones do not vanish with nvidia-smi', async () => {
  const { found, become, indices } = await opened({ declared: 2 });
  await become([], 'nvidia-smi hangs');
  assert.equal([indices(), found.note], [[0, 1], null]);
  found.stop();
});

test('where none are declared nobody asks nvidia-smi', async () => {
  for (const declared of [0, []] as const) {
    const { found, indices, numLooks } = await opened({ declared });
    found.attend()();
    await found.fresh();
    await turn();
    assert.equal([indices(), numLooks()], [[], 0]);
    found.stop();
  }
});

test('a declared number takes the first of those that CUDA_VISIBLE_DEVICES names', async () => {
  for (const [visible, report, wanted] of [
    ['5,3,4', { gpus: [], trouble: 'not found' }, [3, 5]],
    ['GPU-1,0', { gpus: [gpu(0), gpu(1)], trouble: null }, [0, 1]],
  ] as const) {
    const { found, indices } = await opened({ declared: 2, visible, report });
    assert.equal(indices(), wanted);
    found.stop();
  }
});

test('more than CUDA_VISIBLE_DEVICES leaves cannot be declared', async () => {
  for (const [visible, left] of [
    ['1', 1],
    ['', 0],
    ['-1', 0],
    ['0,7,1', 1],
  ] as const) {
    const { found } = inventory({ declared: 2, visible });
    const told = `resources.gpus is 2, but CUDA_VISIBLE_DEVICES, '${visible}', leaves ${left} to use`;
    await fails(found.open(), 'INVALID_ARGUMENT', told, '[{ index }, …]');
    found.stop();
  }
});

test('who waits for figures does not wait long for an nvidia-smi that hangs, and not twice', async () => {
  let now = 0;
  const found = new GpuInventory({
    declared: null,
    visible: undefined,
    look: () => new Promise(() => {}),
    changed: () => {},
    now: () => now,
  });
  await found.open();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  now = 1500;
  const settled = found.settled();
  mock.timers.tick(500);
  await settled;
  now = 2000;
  await found.settled();
  mock.timers.reset();
  assert.equal(found.offered, []);
  assert.is(found.note, 'nvidia-smi has not answered yet');
  found.stop();
});

test.run();
