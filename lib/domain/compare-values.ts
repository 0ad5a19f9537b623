/** Two values of users' field by field. Pure. */

export interface Tolerance {
  /** Numbers are equal when they differ by no more than this, >= 0, */
  readonly absolute: number;
  /** or by no more than this share of the larger one, >= 0. */
  readonly relative: number;
}

export interface Difference {
  /** `boxes[2].score`; '' is the whole value. */
  readonly path: string;
  readonly old: unknown;
  readonly new: unknown;
}

/** More differences of one pair are not told: it differs. */
const MOST = 100;

/**
 * Where they differ, in the order of the old one's fields. A field that is undefined is as one that is not there; NaN
 * is NaN; the order of keys does not count, that of arrays, maps and sets does.
 */
export function differencesOf(old: unknown, its: unknown, tolerance: Tolerance): Difference[] {
  const comparison = new Comparison(tolerance);
  comparison.compare(old, its, '');
  return comparison.found;
}

class Comparison {
  readonly found: Difference[] = [];
  readonly #tolerance: Tolerance;
  readonly #seen = new Map<object, unknown>();

  constructor(tolerance: Tolerance) {
    this.#tolerance = tolerance;
  }

  compare(old: unknown, its: unknown, path: string): void {
    if (this.found.length >= MOST || Object.is(old, its)) return;
    if (typeof old === 'number' && typeof its === 'number') {
      if (!this.#areClose(old, its)) this.#differ(path, old, its);
    } else if (!isObject(old) || !isObject(its) || kindOf(old) !== kindOf(its)) this.#differ(path, old, its);
    else if (this.#seen.get(old) !== its) {
      this.#seen.set(old, its); // the two may hold themselves
      this.#objects(old, its, path);
    }
  }

  #objects(old: object, its: object, path: string): void {
    if (old instanceof Date && its instanceof Date) {
      if (!Object.is(old.getTime(), its.getTime())) this.#differ(path, old, its);
    } else if (old instanceof Map && its instanceof Map) this.#lists([...old], [...its], path);
    else if (old instanceof Set && its instanceof Set) this.#lists([...old], [...its], path);
    else if (Array.isArray(old) && Array.isArray(its)) this.#lists(old, its, path);
    else if (ArrayBuffer.isView(old) && ArrayBuffer.isView(its)) this.#lists(numbersOf(old), numbersOf(its), path);
    else this.#fields(old as Fields, its as Fields, path);
  }

  #lists(old: ArrayLike<unknown>, its: ArrayLike<unknown>, path: string): void {
    if (old.length !== its.length) this.#differ(`${path}.length`.replace(/^\./, ''), old.length, its.length);
    const shared = Math.min(old.length, its.length);
    for (let at = 0; at < shared && this.found.length < MOST; at++) this.compare(old[at], its[at], `${path}[${at}]`);
  }

  #fields(old: Fields, its: Fields, path: string): void {
    for (const key of new Set([...Object.keys(old), ...Object.keys(its)])) {
      const own = (value: Fields): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
      this.compare(own(old), own(its), fieldOf(path, key));
    }
  }

  #areClose(old: number, its: number): boolean {
    if (old === its) return true; // 0 and -0
    const { absolute, relative } = this.#tolerance;
    const by = Math.abs(old - its);
    return Number.isFinite(by) && (by <= absolute || by <= relative * Math.max(Math.abs(old), Math.abs(its)));
  }

  #differ(path: string, old: unknown, its: unknown): void {
    this.found.push({ path, old, new: its });
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const kindOf = (value: object): string => Object.prototype.toString.call(value);

const numbersOf = (view: ArrayBufferView): ArrayLike<unknown> =>
  view instanceof DataView ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : (view as Uint8Array);

function fieldOf(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
