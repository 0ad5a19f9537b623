/**
 * Values on their way between threads: copied when they are sent (the caller may change them right after), free of
 * what structured clone would refuse or garble, and with our own objects taken apart on one side, put together on the other.
 */
import { types } from 'node:util';
import { isPlainObject } from '../domain/given-value.ts';
import { IS_REF, type Part, TO_WIRE } from '../domain/part.ts';
import { ServeError } from '../errors.ts';
import { cloneBuiltIn, crossesProcesses, notSerializable, reasonOf } from './clone-built-in.ts';

/** Levels of nesting that travel. V8's own serializer runs out of stack at some 1 500 on the main thread. */
const MAX_DEPTH = 500;
const PART_KEY = '\u0000servelab.part';

export interface Packed {
  /** Safe to post: nothing in it is shared with the sender. */
  value: unknown;
  /** Whether `unpack` has to look inside. */
  hasParts: boolean;
  /** What in it another process cannot have, as a refusal says it; null = nothing. */
  confined: string | null;
  /** Results that must be there first; `put` stores each one, packed. */
  refs: { ref: PromiseLike<unknown>; put: (value: unknown) => void }[] | null;
}

/** Copies `value` for posting. Throws NOT_SERIALIZABLE naming the path of what cannot travel. */
export function pack(value: unknown): Packed {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')) {
    return { value, hasParts: false, confined: null, refs: null };
  }
  const packing = new Packing();
  try {
    const copy = packing.copy(value, '$', (ready) => {
      packing.result.value = ready;
    });
    packing.result.value = copy;
  } catch (error) {
    if (error instanceof ServeError) throw error;
    // A getter or a proxy of the sender's threw while the value was read.
    throw notSerializable('$', `cannot be read (${reasonOf(error)})`, 'send plain data', error);
  }
  return packing.result;
}

/** What in a packed value another process cannot have, as a refusal says it; null = nothing. */
export const confinedIn = (value: unknown): string | null => pack(value).confined;

/** The refusal of a value that a replica in another process was to get or had sent. */
export const confinedHere = (confined: string): ServeError =>
  new ServeError(
    'NOT_SERIALIZABLE',
    `${confined}, which only threads of one process can pass on; send its bytes, or use isolation 'thread'`,
  );

/** Packs `value` once every reference in it has its result. */
export async function packSettled(packed: Packed): Promise<Packed> {
  for (const { ref, put } of packed.refs ?? []) {
    const inner = pack(await ref);
    const settled = inner.refs ? await packSettled(inner) : inner;
    put(settled.value);
    packed.hasParts ||= settled.hasParts;
    packed.confined ??= settled.confined;
  }
  packed.refs = null;
  return packed;
}

/** Rebuilds our own objects inside a received value. */
export function unpack(value: unknown, revive: (part: Part) => unknown, seen = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (PART_KEY in value) {
    const { kind, state } = value[PART_KEY] as Part;
    const revived = revive({ kind, state: unpack(state, revive, seen) });
    seen.set(value, revived);
    return revived;
  }
  seen.set(value, value);
  unpackInside(value, (item) => unpack(item, revive, seen));
  return value;
}

function unpackInside(value: object, inner: (item: unknown) => unknown): void {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = inner(value[i]);
  } else if (value instanceof Map) {
    for (const [key, item] of value) value.set(key, inner(item));
  } else if (value instanceof Set) {
    const items = [...value].map(inner);
    value.clear();
    for (const item of items) value.add(item);
  } else if (types.isNativeError(value)) {
    if (Object.hasOwn(value, 'cause')) value.cause = inner(value.cause);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const [key, item] of Object.entries(value)) define(value, key, inner(item));
  }
}

type Put = (ready: unknown) => void;

class Packing {
  readonly result: Packed = { value: undefined, hasParts: false, confined: null, refs: null };
  #seen: Map<object, unknown> | null = null;
  #depth = 0;

  copy(value: unknown, path: string, put: Put): unknown {
    if (typeof value === 'function') {
      throw notSerializable(path, 'is a function', 'call it first, or send its result');
    }
    if (typeof value === 'symbol') throw notSerializable(path, 'is a symbol', 'send its description');
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#seen?.get(value);
    if (known !== undefined) return known;
    if (++this.#depth > MAX_DEPTH) throw notSerializable('$', `is nested more than ${MAX_DEPTH} deep`, 'flatten it');
    const copied = this.#object(value, path, put);
    this.#depth--;
    return copied;
  }

  #object(value: object, path: string, put: Put): unknown {
    if (Array.isArray(value)) return this.#array(value, path);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#record(value, path);
    return this.#special(value, path, put);
  }

  #remember<T extends object>(value: object, copy: T): T {
    this.#seen ??= new Map();
    this.#seen.set(value, copy);
    return copy;
  }

  #array(value: readonly unknown[], path: string): unknown[] {
    const copy = this.#remember(value, new Array<unknown>(value.length));
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (typeof item === 'number' || typeof item === 'string') copy[i] = item;
      else if (i in value) {
        copy[i] = this.copy(item, `${path}[${i}]`, (ready) => {
          copy[i] = ready;
        });
      }
    }
    return copy;
  }

  #record(value: object, path: string): object {
    const copy: Record<string, unknown> = this.#remember(value, {});
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      const kind = typeof item;
      if (kind === 'string' || kind === 'number' || kind === 'boolean') define(copy, key, item);
      else
        define(
          copy,
          key,
          this.copy(item, pathOf(path, key), (ready) => define(copy, key, ready)),
        );
    }
    return copy;
  }

  #special(value: object, path: string, put: Put): unknown {
    if (IS_REF in value) {
      this.result.refs ??= [];
      this.result.refs.push({ ref: value as unknown as PromiseLike<unknown>, put });
      return undefined;
    }
    if (TO_WIRE in value) return this.#part((value as { [TO_WIRE](): Part })[TO_WIRE](), value, path);
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof SharedArrayBuffer) this.#confine(value.buffer, path);
      return this.#remember(value, copyView(requireAttached(value, path)));
    }
    if (types.isMap(value)) return this.#map(value, path);
    if (types.isSet(value)) return this.#set(value, path);
    if (types.isPromise(value)) throw notSerializable(path, 'is a Promise', 'await it first');
    // An object literal of another realm, as a prompt may make.
    if (isPlainObject(value)) return this.#record(value, path);
    const built = cloneBuiltIn(value, path);
    if (built === null) return this.#record(value, path);
    if (!crossesProcesses(value)) this.#confine(value, path);
    this.#remember(value, built);
    if (types.isNativeError(value) && Object.hasOwn(value, 'cause')) this.#cause(value, built, path);
    return built;
  }

  /** Anything may be one, so structured clone's own copy of it does not do. */
  #cause({ cause }: Error, copy: object, path: string): void {
    const put: Put = (ready) => void Object.defineProperty(copy, 'cause', { value: ready });
    put(this.copy(cause, `${path}.cause`, put));
  }

  #confine(value: object, path: string): void {
    this.result.confined ??= `${path} is a ${value.constructor.name}`;
  }

  #part({ kind, state }: Part, value: object, path: string): object {
    this.result.hasParts = true;
    const part: Record<string, unknown> = { kind };
    const copy = this.#remember(value, { [PART_KEY]: part });
    part.state = this.copy(state, path, (ready) => {
      part.state = ready;
    });
    return copy;
  }

  #map(value: ReadonlyMap<unknown, unknown>, path: string): Map<unknown, unknown> {
    const copy = this.#remember(value, new Map<unknown, unknown>());
    for (const [key, item] of value) {
      const at = `${path}.get(${typeof key === 'string' ? `'${key}'` : printedKey(key)})`;
      const packedKey = this.copy(key, `${path}.keys()`, () => {});
      if (packedKey === undefined && key !== undefined) {
        throw notSerializable(`${path}.keys()`, 'is a reference to a result', 'await it first');
      }
      copy.set(packedKey, undefined); // a result that is awaited keeps its place
      const put: Put = (ready) => copy.set(packedKey, ready);
      put(this.copy(item, at, put));
    }
    return copy;
  }

  #set(value: ReadonlySet<unknown>, path: string): Set<unknown> {
    const copy = this.#remember(value, new Set<unknown>());
    const items: unknown[] = [];
    for (const item of value) {
      const at = items.length;
      // With results to wait for, it is filled anew, in order, by each that comes.
      const put: Put = (ready) => {
        items[at] = ready;
        copy.clear();
        for (const one of items) copy.add(one);
      };
      items[at] = this.copy(item, `${path}.values()`, put);
      copy.add(items[at]);
    }
    return copy;
  }
}

/** A small Buffer shares its memory with others' data, which posting it would send along: so always an own copy. */
export function copyView(view: ArrayBufferView): ArrayBufferView {
  if (view.buffer instanceof SharedArrayBuffer) return view;
  const { buffer, byteOffset, byteLength } = view;
  if (view instanceof Uint8Array) return new Uint8Array(view);
  const own = buffer.slice(byteOffset, byteOffset + byteLength);
  if (view instanceof DataView) return new DataView(own);
  const Kind = view.constructor as new (buffer: ArrayBufferLike) => ArrayBufferView;
  return new Kind(own);
}

function requireAttached(view: ArrayBufferView, path: string): ArrayBufferView {
  if (!(view.buffer instanceof ArrayBuffer && view.buffer.detached)) return view;
  throw notSerializable(path, 'was transferred to another thread and is empty here', 'send a copy of it');
}

/** Sets an own property, also one called `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else (target as Record<string, unknown>)[key] = value;
}

const printedKey = (key: unknown): string => (typeof key === 'object' ? '…' : String(key));

const pathOf = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
