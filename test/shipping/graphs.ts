/** Graphs of objects from recipes that JSON could hold, and the difference between two of them. */
import fc from 'fast-check';

export type Graph = unknown[];

/** Each step makes a thing and links it with others; numbers pick among those there are. */
export interface Step {
  readonly make: keyof typeof MAKERS;
  readonly scalar: number;
  readonly links: readonly (readonly [how: keyof typeof LINKS, to: number, key: number])[];
  readonly integrity: 'none' | 'frozen' | 'sealed' | 'fixed';
}

const KEYS = ['a', 'b', '__proto__', '', '7', 'length of it'];
const SCALARS = [
  0,
  -0,
  1.5,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  'text',
  '',
  '\ud800',
  2n ** 65n,
  true,
  null,
  undefined,
];

const MAKERS = {
  object: () => ({}),
  bare: () => Object.create(null),
  array: () => [],
  holes: () => new Array(3),
  map: () => new Map(),
  set: () => new Set(),
  date: (n: number) => new Date(n),
  regexp: (n: number) => Object.assign(/x/g, { lastIndex: n }),
  bytes: (n: number) => new Uint8Array([n, 1, 2]),
  floats: (n: number) => new Float64Array(new ArrayBuffer(24), 8, 2).fill(n),
  buffer: (n: number) => new Uint16Array([n]).buffer,
  error: (n: number) => Object.assign(new RangeError(`${n}`), { stack: `RangeError: ${n}\n    at here` }),
  symbol: (n: number) => Symbol(`${n}`),
  registered: (n: number) => Symbol.for(`graph ${n}`),
  boxed: (n: number) => Object(n),
  url: (n: number) => new URL(`http://example.org/${n}`),
};

const LINKS = {
  property: (from: object, to: unknown, key: number) => define(from, KEYS[key % KEYS.length] ?? '', to, true),
  hidden: (from: object, to: unknown, key: number) => define(from, `hidden ${key}`, to, false),
  symbolKey: (from: object, to: unknown) =>
    define(from, typeof to === 'symbol' ? to : Symbol.iterator, 'by symbol', true),
  inside: (from: object, to: unknown, key: number) => {
    if (Array.isArray(from)) from[key] = to;
    else if (from instanceof Map) from.set(to, key).set(key, to);
    else if (from instanceof Set) from.add(to);
  },
  prototype: (from: object, to: unknown) => {
    if (typeof to === 'object' && to !== null && isPlain(from) && isPlain(to)) Reflect.setPrototypeOf(from, to);
  },
};

const isPlain = (value: object): boolean => Object.prototype.toString.call(value) === '[object Object]';

const define = (owner: object, key: PropertyKey, value: unknown, enumerable: boolean): boolean =>
  Reflect.defineProperty(owner, key, { value, enumerable, writable: true, configurable: true });

const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] => Object.keys(record) as Key[];

export const recipe: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    make: fc.constantFrom(...keysOf(MAKERS)),
    scalar: fc.nat(SCALARS.length - 1),
    links: fc.array(fc.tuple(fc.constantFrom(...keysOf(LINKS)), fc.nat(30), fc.nat(8)), { maxLength: 4 }),
    integrity: fc.constantFrom('none', 'none', 'none', 'frozen', 'sealed', 'fixed'),
  }),
  { minLength: 1, maxLength: 12 },
);

export function makeGraph(steps: readonly Step[]): Graph {
  const made: Graph = steps.map(({ make }, index) => MAKERS[make](index));
  const all = [...made, ...SCALARS];
  for (const [index, { links, scalar }] of steps.entries()) {
    const from = made[index];
    if (typeof from !== 'object' || from === null) continue;
    LINKS.property(from, SCALARS[scalar], scalar);
    for (const [how, to, key] of links) LINKS[how](from, all[to % all.length], key);
  }
  for (const [index, { integrity }] of steps.entries()) close(made[index], integrity);
  return made;
}

function close(value: unknown, integrity: Step['integrity']): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (integrity === 'frozen') Object.freeze(value);
  else if (integrity === 'sealed') Object.seal(value);
  else if (integrity === 'fixed') Object.preventExtensions(value);
}

type Pair = readonly [path: string, left: unknown, right: unknown];

/** Where two graphs differ, as a path; null: nowhere. One thing here must be one thing there, and two must be two. */
export function difference(left: unknown, right: unknown): string | null {
  const [there, here] = [new Map<unknown, unknown>(), new Map<unknown, unknown>()];
  const todo: Pair[] = [['$', left, right]];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [path, a, b] = next;
    const isKnown = there.has(a) || here.has(b);
    const found =
      !isReference(a) || !isReference(b)
        ? compareScalars(a, b)
        : isKnown
          ? comparePlaces(there.get(a), b, here.get(b), a)
          : compareOne(a, b, path, todo);
    if (found !== null) return `${path}: ${found}`;
    if (!isReference(a)) continue;
    there.set(a, b);
    here.set(b, a);
  }
  return null;
}

const compareScalars = (a: unknown, b: unknown): string | null =>
  Object.is(a, b) ? null : `${String(a)} and ${String(b)}`;

const comparePlaces = (ofA: unknown, b: unknown, ofB: unknown, a: unknown): string | null =>
  ofA === b && ofB === a ? null : 'it is not the same thing';

function compareOne(a: object | symbol, b: object | symbol, path: string, todo: Pair[]): string | null {
  if (typeof a === 'symbol' && typeof b === 'symbol') return compareSymbols(a, b);
  return typeof a === 'object' && typeof b === 'object' ? compare(a, b, path, todo) : 'another type';
}

const isReference = (value: unknown): value is object | symbol =>
  (typeof value === 'object' && value !== null) || typeof value === 'symbol';

function compareSymbols(a: symbol, b: symbol): string | null {
  const isOne = Symbol.keyFor(a) !== undefined || Reflect.get(Symbol, 'iterator') === a;
  return a.description === b.description && (!isOne || a === b) ? null : 'another symbol';
}

function compare(a: object, b: object, path: string, todo: Pair[]): string | null {
  const kind = Object.prototype.toString.call(a);
  if (kind !== Object.prototype.toString.call(b)) return 'another kind';
  if (Object.isExtensible(a) !== Object.isExtensible(b)) return 'extensible or not';
  const [prototypeA, prototypeB] = [Object.getPrototypeOf(a), Object.getPrototypeOf(b)];
  if (prototypeA !== prototypeB) todo.push([`${path}.[[Prototype]]`, prototypeA, prototypeB]);
  const contents: readonly (readonly [unknown, unknown])[] = [[contentOf(a), contentOf(b)]];
  for (const [own, other] of contents) todo.push(...pairsOf(own, other, path));
  const [keysA, keysB] = [Reflect.ownKeys(a), Reflect.ownKeys(b)];
  if (keysA.length !== keysB.length) return `keys ${keysA.map(String)} and ${keysB.map(String)}`;
  for (const [index, key] of keysA.entries()) {
    const keyB = keysB[index] as PropertyKey;
    todo.push([`${path}, key ${index}`, key, keyB]);
    const [ofA, ofB] = [Object.getOwnPropertyDescriptor(a, key), Object.getOwnPropertyDescriptor(b, keyB)];
    const flags = (of: PropertyDescriptor | undefined) => [of?.enumerable, of?.configurable, of?.writable].join();
    // A stack is an accessor here, and a text there.
    if (key !== 'stack' && flags(ofA) !== flags(ofB)) return `flags of ${String(key)}`;
    todo.push([`${path}.${String(key)}`, Reflect.get(a, key), Reflect.get(b, keyB)]);
  }
  return null;
}

/** What is in it besides its properties, as a list. */
function contentOf(value: object): readonly unknown[] {
  if (value instanceof Map) return [...Map.prototype.entries.call(value)].flat();
  if (value instanceof Set) return [...Set.prototype.values.call(value)];
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof URL) return [value.href];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [value.buffer, value.byteOffset, value.byteLength];
  if (value instanceof Number) return [value.valueOf()];
  return [];
}

function* pairsOf(a: unknown, b: unknown, path: string): Generator<readonly [string, unknown, unknown]> {
  const [left, right] = [a as readonly unknown[], b as readonly unknown[]];
  yield [`${path}, size`, left.length, right.length];
  for (const [index, item] of left.entries()) yield [`${path}, item ${index}`, item, right[index]];
}
