import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { visibleIndices } from '../../lib/node/visible-devices.ts';

const test = suite('visibleIndices');

const FOUND = [
  { index: 0, uuid: 'GPU-aaaa1111-0' },
  { index: 1, uuid: 'GPU-aaaa2222-1' },
  { index: 2, uuid: 'GPU-bbbb3333-2' },
];

for (const [visible, indices] of [
  [undefined, null],
  ['', []],
  ['-1', []],
  ['NoDevFiles', []],
  ['0', [0]],
  ['2,0', [2, 0]],
  [' 1 , 2 ', [1, 2]],
  ['0,0,1', [0, 1]],
  ['0,-1,1', [0]],
  ['1,7,2', [1]],
  ['0,,1', [0]],
  ['GPU-bbbb3333-2,0', [2, 0]],
  ['GPU-b', [2]],
  ['GPU-aaaa1', [0]],
  ['GPU-aaaa', []],
  ['GPU-', []],
  ['GPU-cccc', []],
  ['MIG-GPU-aaaa1111-0/1/0', []],
  ['1.5', []],
  ['0x1', []],
] as const) {
  test(`CUDA_VISIBLE_DEVICES ${JSON.stringify(visible)}: ${JSON.stringify(indices)}`, () => {
    assert.equal(visibleIndices(visible, FOUND), indices);
  });
}

test('where nothing is known of the machine any index counts, and no UUID does', () => {
  assert.equal(visibleIndices('4,5', []), [4, 5]);
  assert.equal(visibleIndices('4,GPU-aaaa1111-0,5', []), [4]);
});

test.run();
