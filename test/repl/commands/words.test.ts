import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { literal } from '../../../repl/commands/command.ts';
import { flagsOf } from '../../../repl/commands/flags.ts';
import { didYouMean } from '../../../repl/commands/nearest.ts';
import { assignmentsOf, durationOf, givenValueOf, wordsOf } from '../../../repl/commands/words.ts';
import { fails } from '../../support/instance.ts';

const test = suite('words of commands');

const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['', []],
  ['  ', []],
  ['a b', ['a', 'b']],
  ['  a\t b ', ['a', 'b']],
  ['"a b" c', ['a b', 'c']],
  ["'a b' c", ['a b', 'c']],
  ["don't do it", ["don't", 'do', 'it']],
  ['key="a b" c', ['key="a b"', 'c']],
  [`x={"a": [1, 2], "b": "} c"} d`, [`x={"a": [1, 2], "b": "} c"}`, 'd']],
  [`'{"a": 1}'`, ['{"a": 1}']],
  [`"it's" b`, ["it's", 'b']],
  ['an "open quote', ['an', '"open', 'quote']],
  ['"a\\" b" c', ['"a\\" b"', 'c']],
  ['] }', [']', '}']],
];

for (const [line, words] of LINES) {
  test(`${JSON.stringify(line)} is ${words.length} words`, () => assert.equal(wordsOf(line), words));
}

const VALUES: readonly (readonly [text: string, value: unknown])[] = [
  ['1', 1],
  ['-0.5', -0.5],
  ['true', true],
  ['null', null],
  ['undefined', undefined],
  ['hi', 'hi'],
  ['"1"', '1'],
  ["'1'", '1'],
  ['[1, "a"]', [1, 'a']],
  ['{"a": {"b": 2}}', { a: { b: 2 } }],
  ['', ''],
];

for (const [text, value] of VALUES) {
  test(`the value ${text} is ${literal(value)}`, () => assert.equal(givenValueOf(text, 'x'), value));
}

test('a value is written as it would be typed, on one line', () => {
  assert.is(
    literal({ a: ["it's", 'b\\\n'], 'c-d': { e: null, f: undefined }, g: {} }),
    "{ a: ['it\\'s', 'b\\\\\\n'], 'c-d': { e: null, f: undefined }, g: {} }",
  );
});

test('what begins as JSON must end as such', async () => {
  for (const text of ['{"a":', '[1', '"open']) {
    await fails(() => givenValueOf(text, 'x <y>'), 'INVALID_ARGUMENT', text, 'is no JSON', 'usage: .x <y>');
  }
});

test('key=value words are fields, each given once', async () => {
  assert.equal(assignmentsOf(['a=1', 'b=x=y', 'c={"d": 2}'], 'x'), { a: 1, b: 'x=y', c: { d: 2 } });
  await fails(() => assignmentsOf(['a'], 'x'), 'INVALID_ARGUMENT', "'a' is no key=value", 'usage: .x');
  await fails(() => assignmentsOf(['a=1', 'a=2'], 'x'), 'INVALID_ARGUMENT', "'a' is given twice");
});

test('a time has a unit, or is in seconds', async () => {
  for (const [text, ms] of [
    ['2s', 2000],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['3', 3000],
  ] as const) {
    assert.is(durationOf(text, 'x'), ms);
  }
  for (const text of ['', '0', '-1s', '2h', 's', '1e3', '1 s']) {
    await fails(() => durationOf(text, 'x'), 'INVALID_ARGUMENT', `'${text}' is no time`);
  }
});

test('flags are told from words, and a wrong one from the nearest', async () => {
  const kinds = { rps: 'value', http: 'alone' } as const;
  const given = { rest: ['a', 'b'], given: { rps: '5', http: '' } };
  assert.equal(flagsOf(['a', '--rps', '5', 'b', '--http'], kinds, 'x'), given);
  assert.equal(flagsOf(['a', 'b', '--http', '--rps=5'], kinds, 'x'), given);
  await fails(
    () => flagsOf(['--rp', '5'], kinds, 'x'),
    'INVALID_ARGUMENT',
    "no option '--rp'; did you mean --rps? usage",
  );
  await fails(() => flagsOf(['--rps'], kinds, 'x'), 'INVALID_ARGUMENT', "the value of '--rps' is missing");
  await fails(() => flagsOf(['--http=1'], kinds, 'x'), 'INVALID_ARGUMENT', "'--http' takes no value");
  await fails(() => flagsOf(['--http', '--http'], kinds, 'x'), 'INVALID_ARGUMENT', 'given twice');
  await fails(() => flagsOf(['--constructor'], kinds, 'x'), 'INVALID_ARGUMENT', "no option '--constructor'");
});

test('a near name is told, a far one not', () => {
  const known = ['traffic', 'timeit', 'scale'];
  assert.is(didYouMean('trafic', known, '.'), '; did you mean .traffic?');
  assert.is(didYouMean('TRAFFIC', known), '; did you mean traffic?');
  assert.is(didYouMean('quit', known), '');
  assert.is(didYouMean('x'.repeat(1_000_000), known), '');
  assert.is(didYouMean('x', []), '');
});

test.run();
