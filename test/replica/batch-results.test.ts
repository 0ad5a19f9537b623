import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { batchResults } from '../../lib/replica/batch-results.ts';

const test = suite('batchResults');

for (const [title, returned, results] of [
  ['an array', [1, 2], [1, 2]],
  ['an array with holes', new Array(2), [undefined, undefined]],
  ['a typed array', Float32Array.of(1, 2), [1, 2]],
  ['a typed array of big integers', BigInt64Array.of(1n, 2n), [1n, 2n]],
  ['a Buffer', Buffer.from([1, 2]), [1, 2]],
] as const) {
  test(`takes ${title}`, () => {
    assert.equal([...batchResults('b', returned, 2)], results);
  });
}

for (const [returned, found] of [
  [[], 'an array of 0'],
  [[1, 2, 3], 'an array of 3'],
  [new Uint8Array(1), 'an array of 1'],
  ['ab', 'a string'],
  [2, 'a number'],
  [new Set([1, 2]), 'an object of Set'],
  [new Map(), 'an object of Map'],
  [new DataView(new ArrayBuffer(2)), 'an object of DataView'],
  [{ length: 2 }, 'an object of Object'],
  [Object.create(null), 'an object of no class'],
  [() => [], 'a function'],
  [null, 'null'],
  [undefined, 'undefined'],
] as const) {
  test(`refuses ${found}, saying both lengths`, () => {
    try {
      batchResults('b', returned, 2);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, ServeError);
      assert.is((error as ServeError).code, 'BATCH_RESULT_INVALID');
      assert.match((error as ServeError).message, `backend 'b' got a batch of 2 and returned ${found};`);
    }
  });
}

test.run();
