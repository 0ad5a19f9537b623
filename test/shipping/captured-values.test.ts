/** Values of every kind that can be captured. */
import { suite } from 'uvu';
import { type Shapes, testShapes, withHosts } from './shape-table.ts';

const test = suite('captured values');
const { hosts } = withHosts(test);

const describe = (value: object): unknown => Object.getOwnPropertyDescriptors(value);

const shapes: Shapes = {
  'numbers, with -0, NaN and infinities': () => {
    const [one, minusZero, nan, infinity] = [1, -0, Number.NaN, Number.POSITIVE_INFINITY];
    return () => [one, 1 / minusZero, nan, infinity].map(String);
  },
  'strings, also with lone surrogates': () => {
    const [text, lone] = ['grüß 🦕', '\ud800'];
    return () => [text, lone.length, lone.charCodeAt(0)];
  },
  'booleans, null, undefined and big integers': () => {
    const [yes, nothing, none, big] = [true, null, undefined, 2n ** 70n];
    return () => [yes, nothing, none, big];
  },
  'a plain object in an object': () => {
    const config = { model: { name: 'a', sizes: [1, 2] } };
    return () => config;
  },
  'an object met twice is one object': () => {
    const common = { hits: 0 };
    const [left, right] = [{ common }, { common }];
    return () => {
      left.common.hits += 1;
      return [right.common.hits, left.common === right.common, common.hits];
    };
  },
  'an object that holds itself': () => {
    const ring: Record<string, unknown> = { name: 'ring' };
    ring.self = ring;
    ring.list = [ring];
    return () => [ring.self === ring, (ring.list as unknown[])[0] === ring, ring.name];
  },
  'a list of 20 000 links': () => {
    let list: { next: unknown } | null = null;
    for (let length = 0; length < 20_000; length++) list = { next: list };
    const first = list;
    return () => {
      let length = 0;
      for (let link = first; link !== null; link = link.next as typeof first) length += 1;
      return length;
    };
  },
  'an array with holes and a property': () => {
    // biome-ignore lint/suspicious/noSparseArray: the shape
    const sparse = Object.assign([1, , 3], { note: 'kept' });
    return () => [sparse.length, 1 in sparse, sparse.note, Object.keys(sparse)];
  },
  'a property named __proto__': () => {
    const odd = JSON.parse('{"__proto__": 1, "a": 2}');
    return () => [Object.keys(odd), Object.getPrototypeOf(odd) === Object.prototype];
  },
  'an object without a prototype': () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    return () => [Object.getPrototypeOf(bare) === null, bare.a];
  },
  'an object on another': () => {
    const parent = { a: 1, b: 1 };
    const child = Object.create(parent, { b: { value: 2, enumerable: true } });
    return () => [child.a, child.b, Object.getPrototypeOf(child) === parent];
  },
  'getters and setters': () => {
    const celsius = {
      degrees: 20,
      get fahrenheit() {
        return this.degrees * 1.8 + 32;
      },
      set fahrenheit(value) {
        this.degrees = (value - 32) / 1.8;
      },
    };
    return () => {
      const before = celsius.fahrenheit;
      celsius.fahrenheit = 212;
      return [before, celsius.degrees];
    };
  },
  'a getter is not called on the way': () => {
    let calls = 0;
    const lazy = {
      get value() {
        calls += 1;
        return calls;
      },
    };
    return () => [calls, lazy.value, lazy.value];
  },
  'hidden, constant and fixed properties': () => {
    const odd = Object.defineProperties(
      {},
      {
        hidden: { value: 1, writable: true, configurable: true },
        constant: { value: 2, enumerable: true, configurable: true },
        fixed: { value: 3, enumerable: true, writable: true },
      },
    );
    return () => Object.getOwnPropertyDescriptors(odd);
  },
  'frozen, sealed and closed objects': () => {
    const all = [
      Object.freeze({ a: [1] }),
      Object.seal({ b: 1 }),
      Object.preventExtensions({ c: 1 }),
      Object.freeze([1]),
    ];
    return () => all.map((one) => [Object.isFrozen(one), Object.isSealed(one), Object.isExtensible(one), one]);
  },
  'symbols: one of its own, a registered and a well-known one': () => {
    const own = Symbol('own');
    const object = { [own]: 1, [Symbol.for('shared')]: 2, [Symbol.toStringTag]: 'Tagged' };
    return () => [object[own], object[Symbol.for('shared')], String(object), own.description, own.toString()];
  },
  'maps with objects as keys': () => {
    const key = { id: 1 };
    const map = new Map<unknown, unknown>([[key, 'by object']]);
    map.set('self', map).set(Number.NaN, 'nan');
    return () => [map.get(key), map.get('self') === map, map.get(Number.NaN), map.size, [...map.keys()].length];
  },
  'sets keep their order': () => {
    const member = { a: 1 };
    const set = new Set<unknown>(['b', member, 'a']);
    return () => [[...set], set.has(member)];
  },
  'a set that holds itself': () => {
    const set = new Set<unknown>();
    set.add(set);
    return () => [set.size, set.has(set)];
  },
  'dates, valid or not': () => {
    const [then, never] = [new Date(86_400_000), new Date(Number.NaN)];
    return () => [then.toISOString(), String(never), then];
  },
  'a regular expression in the middle of its text': () => {
    const pattern = /a(?<rest>.)/gsu;
    pattern.exec('ab ac ad');
    return () => [pattern.lastIndex, pattern.exec('ab ac ad')?.groups?.rest, pattern.flags];
  },
  'errors: class, message, stack, cause and fields': () => {
    const error = Object.assign(new TypeError('bad', { cause: new Error('deep') }), { code: 'X' });
    return () => [
      error instanceof TypeError,
      Object.prototype.toString.call(error),
      error.message,
      error.code,
      (error.cause as Error).message,
      error.stack,
      Object.keys(error),
    ];
  },
  'an AggregateError shares its errors': () => {
    const first = new RangeError('one');
    const all = new AggregateError([first], 'all');
    return () => [all.errors[0] === first, all.message, all.name];
  },
  'typed arrays on one buffer': () => {
    const buffer = new ArrayBuffer(8);
    const [bytes, float] = [new Uint8Array(buffer), new Float32Array(buffer, 4, 1)];
    return () => {
      bytes[7] = 64;
      bytes[6] = 128;
      return [float[0], bytes.buffer === float.buffer, float.byteOffset, bytes];
    };
  },
  'a DataView and big integers in an array': () => {
    const big = new BigInt64Array([1n, -1n]);
    const view = new DataView(big.buffer, 8, 4);
    return () => [view.getInt32(0), big, view.byteLength];
  },
  'an ArrayBuffer that can grow': () => {
    const buffer = new ArrayBuffer(2, { maxByteLength: 4 });
    const all = new Uint8Array(buffer);
    return () => {
      buffer.resize(3);
      return [all.length, buffer.maxByteLength];
    };
  },
  'Buffers, with nothing of what lies around them': () => {
    const whole = Buffer.from('hello world');
    const part = whole.subarray(6);
    return () => {
      part[0] = 87;
      return [whole.toString(), part.toString(), Buffer.isBuffer(part), whole.buffer === part.buffer];
    };
  },
  'a typed array with properties of its own': () => {
    const tensor = Object.assign(new Float64Array(20_000), { shape: [200, 100] });
    return () => [tensor.shape, tensor.length];
  },
  'objects around primitives': () => {
    const all = [Object(1), Object('ab'), Object(false), Object(2n), Object(Symbol.iterator)];
    return () => [all.map((one) => typeof one), all[0] + 1, all[1].length, `${all[3]}`, all[4].description];
  },
  'URLs, their parameters and headers': () => {
    const url = new URL('https://user@example.org/a?b=c#d');
    const params = new URLSearchParams('x=1&x=2');
    const headers = new Headers([
      ['accept', 'a'],
      ['set-cookie', 'b=1'],
      ['set-cookie', 'c=2'],
    ]);
    return () => [url.href, url.searchParams.get('b'), params.getAll('x'), [...headers], headers.getSetCookie()];
  },
  'formatters and decoders': () => {
    const number = new Intl.NumberFormat('de', { style: 'currency', currency: 'EUR' });
    const plural = new Intl.PluralRules('ar');
    const [decoder, encoder] = [new TextDecoder('utf-16le', { fatal: true }), new TextEncoder()];
    const { format } = new Intl.ListFormat('en');
    return () => [
      number.format(1234.5),
      plural.select(3),
      decoder.encoding,
      decoder.fatal,
      encoder.encode('ä'),
      typeof format,
    ];
  },
  'what everybody has: globals and their methods': () => {
    const { max } = Math;
    const { map } = Array.prototype;
    const { log } = console;
    const [Kind, parse, proto] = [Map, JSON.parse, Object.prototype];
    return () => [
      max === Math.max,
      map === Array.prototype.map,
      log === console.log,
      Kind === Map,
      parse === JSON.parse,
      proto === Object.prototype,
    ];
  },
  'what has no name: iterators, typed arrays, generators': () => {
    const typed = Object.getPrototypeOf(Uint8Array);
    const generator = Object.getPrototypeOf(function* () {});
    const size = Object.getOwnPropertyDescriptor(Map.prototype, 'size')?.get;
    const iterate = Array.prototype[Symbol.iterator];
    return () => [
      typed === Object.getPrototypeOf(Int8Array),
      generator === Object.getPrototypeOf(function* () {}),
      size?.call(new Map([[1, 1]])),
      [...iterate.call([1, 2])],
    ];
  },
  'descriptors of what was captured': () => {
    const object = { a: 1 };
    return () => [describe(object), object];
  },
};

testShapes(test, shapes, hosts);

test.run();
