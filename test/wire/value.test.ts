import { deepStrictEqual } from 'node:assert/strict';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Part, TO_WIRE } from '../../lib/domain/part.ts';
import { ServeError } from '../../lib/errors.ts';
import { ObjectRef } from '../../lib/object-ref.ts';
import { confinedIn, copyView, pack, packSettled, unpack } from '../../lib/wire/value.ts';

const test = suite('values on their way');

const refused = (value: unknown, path: string, found: string): void =>
  assert.throws(
    () => pack(value),
    (error: unknown) =>
      error instanceof ServeError &&
      error.code === 'NOT_SERIALIZABLE' &&
      error.message.startsWith(path) &&
      error.message.includes(found),
  );

class Token {
  readonly word: string;
  constructor(word: string) {
    this.word = word;
  }
  [TO_WIRE](): Part {
    return { kind: 'token', state: this.word };
  }
}

const reviveToken = (part: Part): unknown => new Token(`${part.state}!`);

function answered(value: unknown): ObjectRef {
  const ref = new ObjectRef();
  ref.answered(value);
  return ref;
}

test('plain values go as they are and need no unpacking', () => {
  for (const value of [undefined, null, 1, 'a', true, 1n]) {
    assert.equal(pack(value), { value, hasParts: false, confined: null, refs: null });
  }
  const value = { a: [1, { b: new Date(0) }], m: new Map([[{ k: 1 }, new Set([1])]]) };
  const packed = pack(value);
  deepStrictEqual(packed, { value, hasParts: false, confined: null, refs: null });
  assert.is.not(packed.value, value);
});

test('own objects are taken apart and put together again wherever they stand, each once', () => {
  const token = new Token('a');
  const packed = pack({ alone: token, list: [token], map: new Map([['k', token]]), set: new Set([token]) });
  assert.ok(packed.hasParts);
  const posted = structuredClone(packed.value);
  const { alone, list, map, set } = unpack(posted, reviveToken) as {
    alone: Token;
    list: Token[];
    map: Map<string, Token>;
    set: Set<Token>;
  };
  assert.is(alone.word, 'a!');
  for (const same of [list[0], map.get('k'), [...set][0]]) assert.is(same, alone);
});

test('cycles are unpacked without end in sight', () => {
  const node: { self?: unknown; token: Token } = { token: new Token('a') };
  node.self = node;
  const back = unpack(structuredClone(pack(node).value), reviveToken) as typeof node;
  assert.is(back.self, back);
  assert.is(back.token.word, 'a!');
});

test('references are put in place once they have their results, which may hold references and own objects', async () => {
  const packed = pack({
    a: answered(1),
    list: [answered(answered([new Token('t')]))],
    map: new Map([['k', answered(2)]]),
  });
  assert.is(packed.refs?.length, 3);
  assert.is(packed.hasParts, false);
  const settled = await packSettled(packed);
  assert.is(settled.hasParts, true);
  const back = unpack(structuredClone(settled.value), reviveToken) as {
    a: number;
    list: [Token][];
    map: Map<string, number>;
  };
  assert.equal([back.a, back.list[0]?.[0].word, back.map.get('k')], [1, 't!', 2]);
});

test('a set with a reference holds its result and nothing more', async () => {
  const { value } = await packSettled(pack(new Set([answered(1), 2])));
  assert.equal([...(value as Set<number>)].sort(), [1, 2]);
});

test('a reference as the key of a map is refused, not lost', () => {
  refused(new Map([[answered(1), 2]]), '$.keys()', 'reference');
});

test('a reference that failed rejects with its failure', async () => {
  const ref = new ObjectRef();
  ref.failed(new RangeError('no'));
  const error = await packSettled(pack([ref])).catch((reason) => reason);
  assert.instance(error, RangeError);
});

test('what cannot travel is named by its path', () => {
  refused({ a: { 'b c': [() => 1] } }, '$.a["b c"][0]', 'function');
  refused([Symbol('x')], '$[0]', 'symbol');
  refused(new Map([[1, new WeakSet()]]), '$.get(1)', 'WeakSet');
  refused({ p: Promise.resolve() }, '$.p', 'Promise');
});

test('a key called __proto__ stays an own key and touches no prototype', () => {
  const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":2}') as object;
  const packed = pack(value).value as object;
  const back = unpack(structuredClone(packed), reviveToken) as object;
  for (const copy of [packed, back]) {
    assert.equal(Object.keys(copy), ['__proto__', 'constructor']);
    assert.is(Object.getPrototypeOf(copy), Object.prototype);
  }
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

test('a view is copied with its own bytes alone, and keeps its kind', () => {
  const pooled = Buffer.from('abc');
  assert.ok(pooled.buffer.byteLength > 3);
  for (const view of [
    pooled,
    new Float64Array([1, 2]),
    new DataView(new ArrayBuffer(8), 2, 4),
    new Uint16Array([1, 2, 3]).subarray(1),
  ]) {
    const copy = copyView(view);
    assert.is(copy.byteLength, view.byteLength);
    assert.is(copy.buffer.byteLength, view.byteLength);
    assert.is.not(copy.buffer, view.buffer);
    if (!Buffer.isBuffer(view)) assert.is(copy.constructor, view.constructor);
  }
});

test('the cause of an error travels as any value does: its own bytes alone, own objects, cycles', async () => {
  const small = Buffer.from('abc');
  assert.ok(small.buffer.byteLength > 3, 'it shares a pool, so the test can fail');
  const error = new RangeError('outer', { cause: { small, token: new Token('a'), late: answered(5) } });
  const packed = await packSettled(pack([error]));
  const [back] = unpack(structuredClone(packed.value), reviveToken) as [RangeError];
  const cause = back.cause as { small: Uint8Array; token: Token; late: number };
  assert.equal([back.name, back.message, Object.keys(back)], ['RangeError', 'outer', []]);
  assert.equal([[...cause.small], cause.small.buffer.byteLength], [[97, 98, 99], 3]);
  assert.equal([cause.token.word, cause.late], ['a!', 5]);

  const cyclic = new Error('cyclic');
  cyclic.cause = [cyclic];
  const own = pack(cyclic).value as { cause: unknown[] };
  assert.is(own.cause[0], own);
  refused(new Error('x', { cause: { deep: Promise.resolve() } }), '$', 'Promise');
});

const CONFINED: Readonly<Record<string, unknown>> = {
  SharedArrayBuffer: new SharedArrayBuffer(4),
  Blob: new Blob(['x']),
  DOMException: new DOMException('x'),
};

for (const [name, thing] of Object.entries(CONFINED)) {
  test(`a ${name} is known to stay in its process, wherever it stands`, () => {
    assert.is(confinedIn({ a: [thing] }), `$.a[0] is a ${name}`);
    assert.is(confinedIn(new Map([['k', new Set([thing])]])), `$.get('k').values() is a ${name}`);
    assert.is(confinedIn(new Error('x', { cause: thing })), `$.cause is a ${name}`);
    assert.is(
      confinedIn(new Error('x', { cause: new Error('y', { cause: [thing] }) })),
      `$.cause.cause[0] is a ${name}`,
    );
  });
}

test('a view of shared memory stays in its process, and what V8 carries alone does not', () => {
  assert.is(confinedIn([new Int32Array(new SharedArrayBuffer(4))]), '$[0] is a SharedArrayBuffer');
  const plain = [new Date(0), /x/, new ArrayBuffer(1), new Error('x'), Object('boxed'), new Float64Array(1), { a: 1n }];
  assert.is(confinedIn(plain), null);
});

test('a hundred thousand levels are refused in words, not by a stack overflow', () => {
  let deep: unknown[] = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  refused(deep, '$', 'nested more than 500 deep');
});

test.run();
