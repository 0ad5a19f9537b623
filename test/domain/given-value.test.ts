import { createContext, runInContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeValue, invalidValue, isPlainObject } from '../../lib/domain/given-value.ts';

const test = suite('given values');

test('a literal, a bare object and a literal of another realm are plain objects', () => {
  for (const value of [{}, { a: 1 }, Object.create(null), runInContext('({ a: 1 })', createContext())]) {
    assert.is(isPlainObject(value), true);
  }
});

test('nothing else is a plain object', () => {
  const others = [
    null,
    undefined,
    1,
    'a',
    [],
    () => 1,
    new Date(),
    new Map(),
    new (class A {})(),
    /a/,
    Object.create({}),
  ];
  for (const value of others) assert.is(isPlainObject(value), false);
});

const DESCRIBED: [unknown, string][] = [
  [-1, '-1'],
  [-0, '-0'],
  [Number.NaN, 'NaN'],
  [10n, '10n'],
  ['a', "'a'"],
  ['a\u001b[31m\n"', "'a\\u{1b}[31m\\n\"'"],
  ['x'.repeat(200), `'${'x'.repeat(100)}…'`],
  [null, 'null'],
  [undefined, 'undefined'],
  [true, 'true'],
  [Symbol('a'), 'a symbol'],
  [() => 1, 'a function'],
  [[], 'an empty array'],
  [[1], 'an array'],
  [{}, 'an object'],
  [new Map(), 'an instance of a class'],
];

for (const [value, words] of DESCRIBED) {
  test(`a value is described as ${words.slice(0, 30)}`, () => {
    assert.is(describeValue(value), words);
  });
}

test('an invalid value says what was wanted and what was got', () => {
  const error = invalidValue('numReplicas', 'an integer >= 0', -1);
  assert.is(error.code, 'INVALID_ARGUMENT');
  assert.is(error.message, 'numReplicas must be an integer >= 0, got -1');
});

test.run();
