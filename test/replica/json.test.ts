import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { ObjectRef } from '../../lib/object-ref.ts';
import { encodeJson } from '../../lib/replica/json.ts';

const test = suite('encodeJson');

test('is JSON.stringify for plain data', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.is(encodeJson(value), JSON.stringify(value))));
});

for (const [title, value, json] of [
  ['a typed array', Float32Array.of(1, 2.5), '[1,2.5]'],
  ['a Buffer inside', { bytes: Buffer.from([1, 2]) }, '{"bytes":[1,2]}'],
  ['a DataView', [new DataView(Uint8Array.of(3, 4).buffer, 1)], '[[4]]'],
  ['a Date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ['what says its own JSON', { toJSON: () => ({ mine: true }) }, '{"mine":true}'],
  ['undefined fields', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ['numbers that JSON has not', [Number.NaN, Number.POSITIVE_INFINITY], '[null,null]'],
  ['an own __proto__', JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
] as const) {
  test(`writes ${title}`, () => {
    assert.is(encodeJson(value), json);
  });
}

const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

for (const [title, value, says] of [
  ['a BigInt', { a: [1n] }, '$.a[0] is a BigInt'],
  ['a big typed array', { a: BigInt64Array.of(1n) }, 'no JSON form'],
  ['a function', { f: () => {} }, '$.f is a function'],
  ['a symbol', [Symbol('s')], '$[0] is a symbol'],
  ['a Promise', { p: Promise.resolve() }, '$.p is a Promise'],
  ['a Map', new Map(), '$ is a Map'],
  ['a Set', { s: new Set() }, '$.s is a Set'],
  ['undefined', undefined, '$ is undefined'],
  ['a cycle', cyclic, 'no JSON form'],
  ['too deep nesting', deep, 'no JSON form'],
  [
    'a getter that throws',
    {
      get a(): never {
        throw new Error('hands off');
      },
    },
    'writing it failed; return plain data',
  ],
  ['a reference', { a: [new ObjectRef()] }, '$.a[0] is a reference; await it first'],
] as const) {
  test(`refuses ${title} by NOT_SERIALIZABLE`, () => {
    try {
      encodeJson(value);
      assert.unreachable('it was written');
    } catch (error) {
      assert.instance(error, ServeError, String(error));
      assert.is((error as ServeError).code, 'NOT_SERIALIZABLE');
      assert.ok((error as Error).message.includes(says), (error as Error).message);
    }
  });
}

test('keeps what the user’s code threw as the cause, out of the message', () => {
  const secret = new Error('a secret');
  try {
    encodeJson({
      toJSON() {
        throw secret;
      },
    });
    assert.unreachable('it was written');
  } catch (error) {
    assert.is((error as Error).cause, secret);
    assert.not.match((error as Error).message, 'secret');
  }
});

test.run();
