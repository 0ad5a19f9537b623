/** A copy of a value of a user's that belongs to nobody else, made only when it is small. */

/** What an object, a field or an element counts for besides its text or bytes. */
const NODE_BYTES = 32;
const TOO_LARGE = Symbol('too large');

export interface PlainCopy {
  readonly value: unknown;
  /** About. */
  readonly bytes: number;
}

/**
 * Atoms, arrays, plain objects, maps, sets, dates and bytes, with their cycles; of anything else its class' name. Null
 * when that is more than `mostBytes`; it takes no longer for what is larger.
 */
export function plainCopy(value: unknown, mostBytes: number): PlainCopy | null {
  const copier = new Copier(mostBytes);
  try {
    return { value: copier.copy(value), bytes: copier.bytes };
  } catch (error) {
    if (error === TOO_LARGE) return null;
    throw error;
  }
}

class Copier {
  bytes = 0;
  readonly #most: number;
  readonly #seen = new Map<object, unknown>();

  constructor(most: number) {
    this.#most = most;
  }

  copy(value: unknown): unknown {
    this.#count(NODE_BYTES);
    if (typeof value === 'string') this.#count(value.length);
    if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
    return typeof value === 'object' && value !== null ? this.#object(value) : value;
  }

  #object(value: object): unknown {
    const known = this.#seen.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) return this.#array(value);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#set(value);
    if (value instanceof Date) return new Date(value);
    if (value instanceof Error) return { name: value.name, message: value.message };
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return this.#view(new Uint8Array(value));
    const prototype = Object.getPrototypeOf(value);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return this.#fields(value);
    return `[${prototype.constructor?.name || 'object'}]`;
  }

  #array(array: readonly unknown[]): unknown[] {
    this.#count(array.length); // before it is walked, as most of it may be holes
    const copy: unknown[] = [];
    this.#seen.set(array, copy);
    for (const item of array) copy.push(this.copy(item));
    return copy;
  }

  #map(map: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    const copy = new Map<unknown, unknown>();
    this.#seen.set(map, copy);
    for (const [key, item] of map) copy.set(this.copy(key), this.copy(item));
    return copy;
  }

  #set(set: ReadonlySet<unknown>): Set<unknown> {
    const copy = new Set<unknown>();
    this.#seen.set(set, copy);
    for (const item of set) copy.add(this.copy(item));
    return copy;
  }

  #view(view: ArrayBufferView): unknown {
    this.#count(view.byteLength);
    if (view instanceof DataView || Buffer.isBuffer(view)) {
      return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
    }
    // `slice` of memory that threads share is a copy that only we have.
    return (view as Uint8Array).slice();
  }

  #fields(value: object): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    this.#seen.set(value, copy);
    for (const [key, item] of Object.entries(value)) {
      this.#count(key.length);
      const own = { value: this.copy(item), enumerable: true, writable: true, configurable: true };
      Object.defineProperty(copy, key, own); // also one called __proto__
    }
    return copy;
  }

  #count(more: number): void {
    this.bytes += more;
    if (this.bytes > this.#most) throw TOO_LARGE;
  }
}
