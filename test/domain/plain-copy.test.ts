import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plainCopy } from '../../lib/domain/plain-copy.ts';

const test = suite('plain copies');

const MIB = 2 ** 20;

test('a copy is equal, and belongs to nobody else', () => {
  const value = {
    text: 'x',
    list: [1, null, undefined, 10n, true],
    map: new Map([['a', { b: 1 }]]),
    set: new Set([1]),
    date: new Date(5),
    bytes: new Uint8Array([1, 2]),
    floats: new Float32Array([0.5]),
    ['__proto__']: { own: true },
  };
  const copy = plainCopy(value, MIB)?.value as typeof value;
  assert.equal(copy, value);
  assert.ok(Object.hasOwn(copy, '__proto__'));
  assert.is.not(copy.list, value.list);
  value.bytes[0] = 9;
  value.list.push(1);
  assert.is(copy.bytes[0], 1);
  assert.is(copy.list.length, 5);
  assert.equal(structuredClone(copy), copy);
});

test('cycles stay, memory that threads share is copied, and of what is not plain there is a name', () => {
  const value: Record<string, unknown> = { error: new TypeError('no'), url: new URL('http://x'), call: () => 1 };
  value.self = value;
  value.shared = new Uint8Array(new SharedArrayBuffer(2));
  value.buffer = new SharedArrayBuffer(2);
  const copy = plainCopy(value, MIB)?.value as Record<string, unknown>;
  assert.is(copy.self, copy);
  assert.equal(copy.error, { name: 'TypeError', message: 'no' });
  assert.equal([copy.url, copy.call], ['[URL]', '[function]']);
  assert.instance((copy.shared as Uint8Array).buffer, ArrayBuffer);
  assert.equal(copy.buffer, new Uint8Array(2));
});

test('what is larger than allowed is not copied, and takes no longer for it', () => {
  assert.is(plainCopy('x'.repeat(MIB), MIB), null);
  assert.is(plainCopy(new Uint8Array(MIB), MIB), null);
  assert.is(plainCopy(new Array(2 ** 31), MIB), null, 'most of it holes');
  assert.is(
    plainCopy(
      Array.from({ length: 40_000 }, () => ({})),
      MIB,
    ),
    null,
  );
  assert.is(plainCopy('x'.repeat(1000), MIB)?.value, 'x'.repeat(1000));
  assert.ok((plainCopy(new Uint8Array(1000), MIB)?.bytes ?? 0) >= 1000);
});

test.run();
