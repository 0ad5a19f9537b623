/** What a value is, as one short text: equal for equal values, in every process and on every day. */
import { createHash, type Hash } from 'node:crypto';
import { types } from 'node:util';

/** So much text is gathered before it is hashed: a call for each number of a long list would cost more than the rest. */
const PIECE = 1 << 16;

/**
 * The SHA-256 digest, in hex, of a value that structured clone takes. V8's own bytes do not do: they tell how a string
 * or a number happens to be stored, too. Order counts, and so does which of equal objects are one.
 * `left`: keys of objects that do not count.
 */
export function digestOf(value: unknown, left: ReadonlySet<string> = new Set()): string {
  const digest = new Digest(left);
  digest.add(value);
  return digest.end();
}

class Digest {
  readonly #hash: Hash = createHash('sha256');
  readonly #left: ReadonlySet<string>;
  readonly #seen = new Map<object, number>();
  #text = '';

  constructor(left: ReadonlySet<string>) {
    this.#left = left;
  }

  end(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  add(value: unknown): void {
    if (typeof value === 'string') this.#say(`s${value.length}:${value}`);
    else if (typeof value === 'object' && value !== null) this.#addObject(value);
    else this.#say(`${typeof value}:${Object.is(value, -0) ? '-0' : String(value)};`);
  }

  #addObject(value: object): void {
    const seen = this.#seen.get(value);
    if (seen !== undefined) {
      this.#say(`again:${seen};`);
      return;
    }
    this.#seen.set(value, this.#seen.size);
    if (Array.isArray(value)) this.#addItems('array', value.length, value);
    else if (types.isAnyArrayBuffer(value)) this.#addBytes('buffer', new Uint8Array(value));
    else if (ArrayBuffer.isView(value)) this.#addView(value);
    else if (types.isMap(value)) this.#addItems('map', value.size, [...value].flat());
    else if (types.isSet(value)) this.#addItems('set', value.size, value);
    else this.#addOther(value);
  }

  #addItems(kind: string, count: number, items: Iterable<unknown>): void {
    this.#say(`${kind}:${count};`);
    for (const item of items) this.add(item);
  }

  #addView(view: ArrayBufferView): void {
    this.#addBytes(view.constructor.name, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  #addBytes(kind: string, bytes: Uint8Array): void {
    this.#say(`${kind}:${bytes.byteLength};`);
    this.#flush();
    // What is shared may not be hashed where it is.
    this.#hash.update(bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes));
  }

  /** Dates, regular expressions, boxed values and errors by what they say, and everything by its own fields. */
  #addOther(value: object): void {
    if (types.isDate(value)) this.#say(`date:${value.getTime()};`);
    else if (types.isRegExp(value)) this.#say(`regexp:${value.source.length}:${value.source}/${value.flags};`);
    else if (types.isBoxedPrimitive(value)) this.add(value.valueOf());
    else if (types.isNativeError(value)) this.#addItems('error', 2, [value.name, value.message]);
    const keys = Object.keys(value).filter((key) => !this.#left.has(key));
    this.#say(`object:${keys.length};`);
    for (const key of keys) {
      this.add(key);
      this.add((value as Readonly<Record<string, unknown>>)[key]);
    }
  }

  #say(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE) this.#flush();
  }

  #flush(): void {
    if (this.#text !== '') this.#hash.update(this.#text);
    this.#text = '';
  }
}
