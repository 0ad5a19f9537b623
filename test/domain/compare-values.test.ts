import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { differencesOf } from '../../lib/domain/compare-values.ts';

const test = suite('compared values');

const EXACT = { absolute: 0, relative: 0 };

const pathsOf = (old: unknown, its: unknown, tolerance = EXACT): string[] =>
  differencesOf(old, its, tolerance).map(({ path }) => path);

const cyclic = (end: unknown): unknown => {
  const value: Record<string, unknown> = { end };
  value.self = value;
  return value;
};

const EQUAL: readonly (readonly [old: unknown, its: unknown])[] = [
  [1, 1],
  [Number.NaN, Number.NaN],
  [0, -0],
  [
    { a: 1, b: [1, { c: null }] },
    { b: [1, { c: null }], a: 1 },
  ],
  [{ a: undefined }, {}],
  [new Date(5), new Date(5)],
  [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])],
  [new Set([1, 2]), new Set([1, 2])],
  [new Float32Array([1, 2]), new Float32Array([1, 2])],
  [10n, 10n],
  [cyclic(1), cyclic(1)],
];

test('what is alike is equal', () => {
  for (const [old, its] of EQUAL) assert.equal(pathsOf(old, its), []);
});

const DIFFERENT: readonly (readonly [old: unknown, its: unknown, paths: readonly string[]])[] = [
  [1, 2, ['']],
  [1, '1', ['']],
  [null, {}, ['']],
  [[], {}, ['']],
  [{ a: 1 }, { a: 2 }, ['a']],
  [{ a: 1 }, { b: 1 }, ['a', 'b']],
  [{ a: [{ 'x y': 1 }] }, { a: [{ 'x y': 2 }] }, ['a[0]["x y"]']],
  [
    [1, 2, 3],
    [1, 5],
    ['length', '[1]'],
  ],
  [{ a: [1] }, { a: [] }, ['a.length']],
  [new Date(1), new Date(2), ['']],
  [new Map([['a', 1]]), new Map([['a', 2]]), ['[0][1]']],
  [new Uint8Array([1, 2]), new Uint8Array([1, 3]), ['[1]']],
  [new Float32Array(1), new Uint8Array(1), ['']],
  [10n, 11n, ['']],
  [cyclic(1), cyclic(2), ['end']],
  [{ toString: 1 }, {}, ['toString']],
];

test('what is not is told by its path', () => {
  for (const [old, its, paths] of DIFFERENT) assert.equal(pathsOf(old, its), paths);
});

test('numbers may differ by what is allowed, absolutely or as a share of the larger', () => {
  assert.equal(pathsOf([1, 100], [1.05, 105], { absolute: 0.1, relative: 0 }), ['[1]']);
  assert.equal(pathsOf([1, 100], [1.2, 105], { absolute: 0, relative: 0.1 }), ['[0]']);
  assert.equal(pathsOf([1, 100], [1.05, 105], { absolute: 0.1, relative: 0.1 }), []);
  assert.equal(pathsOf(new Float64Array([1]), new Float64Array([1.05]), { absolute: 0.1, relative: 0 }), []);
  assert.equal(pathsOf(1, Number.NaN, { absolute: 1e9, relative: 1 }), ['']);
  assert.equal(pathsOf(1, Number.POSITIVE_INFINITY, { absolute: 1e9, relative: 0.5 }), ['']);
});

test('a pair that differs everywhere is told a hundred places', () => {
  const zeros = new Array(1000).fill(0);
  assert.is(pathsOf(zeros, new Array(1000).fill(1)).length, 100);
});

test.run();
