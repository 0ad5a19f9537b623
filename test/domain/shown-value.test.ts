import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shownValue } from '../../lib/domain/shown-value.ts';

const test = suite('shownValue');

const cycle: { self?: unknown } = {};
cycle.self = cycle;

for (const [title, value, shown] of [
  ['plain values as they are', { a: [1, 'two', null, true], b: {} }, { a: [1, 'two', null, true], b: {} }],
  ['what JSON writes in its own way', { at: new Date(0), no: undefined }, { at: '1970-01-01T00:00:00.000Z' }],
  ['big integers as their digits', { n: 10n }, { n: '10n' }],
  ['short typed arrays by index', new Uint8Array([7, 8]), { 0: 7, 1: 8 }],
  ['what JSON cannot hold as it is inspected', cycle, '<ref *1> { self: [Circular *1] }'],
  ['what is just short enough', 'x'.repeat(60_000), 'x'.repeat(60_000)],
] as const) {
  test(`shows ${title}`, () => assert.equal(shownValue(value, 'elsewhere'), shown));
}

const TOO_LONG = 'more than 64 KiB: elsewhere';

for (const [title, make] of [
  ['a string', () => 'x'.repeat(70_000)],
  ['strings in an object', () => ({ a: 'x'.repeat(40_000), b: 'x'.repeat(40_000) })],
  ['keys', () => Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`key ${i}`, i]))],
  ['an array', () => ({ rows: Array.from({ length: 70_000 }, () => 1) })],
  ['nested arrays', () => Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => 1))],
  ['a typed array', () => ({ weights: new Float64Array(10_000) })],
  ['a sparse array', () => new Array(1e9)],
] as const) {
  test(`tells of ${title} too long to be shown`, () => assert.is(shownValue(make(), 'elsewhere'), TOO_LONG));
}

test('spends no time on what it does not show', () => {
  const value = { bytes: new Uint8Array(200_000_000), rows: Array.from({ length: 100_000 }, (_, id) => ({ id })) };
  const before = process.cpuUsage();
  assert.is(shownValue(value, 'elsewhere'), TOO_LONG);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 1e6, `${user + system} us`);
});

test('keys of other prototypes stay keys', () => {
  const shown = shownValue(JSON.parse('{"__proto__":{"polluted":1},"constructor":2}'), 'elsewhere');
  assert.equal(JSON.stringify(shown), '{"__proto__":{"polluted":1},"constructor":2}');
  assert.is((shown as { polluted?: unknown }).polluted, undefined);
});

test.run();
