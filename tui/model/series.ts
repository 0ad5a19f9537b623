/** How things were, second by second, for charts. Memory is taken once, as much as a quarter of an hour needs. */
import type { ServeStatus, Stats } from '../../lib/index.ts';

export const KEPT_SECONDS = 900;
const PERIOD_MS = 1_000;

const FIELDS = ['rate', 'errorRate', 'p50Ms', 'p95Ms', 'p99Ms'] as const satisfies readonly (keyof Stats)[];
export type Field = (typeof FIELDS)[number];

/** A ring: NaN where nothing was known. */
class Ring {
  readonly #values = new Float32Array(KEPT_SECONDS).fill(Number.NaN);

  set(second: number, value: number | null): void {
    this.#values[second % KEPT_SECONDS] = value ?? Number.NaN;
  }

  get(second: number): number | null {
    const value = this.#values[second % KEPT_SECONDS] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  }
}

type Rings = Readonly<Record<Field, Ring>>;

const newRings = (): Rings => ({
  rate: new Ring(),
  errorRate: new Ring(),
  p50Ms: new Ring(),
  p95Ms: new Ring(),
  p99Ms: new Ring(),
});

export type Kind = 'endpoint' | 'backend';

export class SeriesStore {
  readonly #rings = { endpoint: new Map<string, Rings>(), backend: new Map<string, Rings>() };
  /** The last one that is known, counted in seconds of the clock it is told. */
  #last: number | null = null;

  /** What was known at `now`, in ms. Seconds that were left out stay unknown. What is gone is forgotten. */
  take({ endpoints, backends }: ServeStatus, now: number): void {
    const second = Math.floor(now / PERIOD_MS);
    if (this.#last !== null && second < this.#last) return;
    const from = Math.max(second - KEPT_SECONDS + 1, (this.#last ?? second - 1) + 1);
    this.#takeAll('endpoint', endpoints, from, second);
    this.#takeAll('backend', backends, from, second);
    this.#last = second;
  }

  /** The last `count` seconds, oldest first; null where nothing was known. */
  values(kind: Kind, name: string, field: Field, count: number): (number | null)[] {
    const rings = this.#rings[kind].get(name);
    const last = this.#last;
    if (rings === undefined || last === null) return [];
    return Array.from({ length: Math.min(count, KEPT_SECONDS) }, (_, at) => {
      const second = last - Math.min(count, KEPT_SECONDS) + 1 + at;
      return second < 0 ? null : rings[field].get(second);
    });
  }

  /** Another instance under the same name: what was is not its past. */
  clear(): void {
    for (const rings of Object.values(this.#rings)) rings.clear();
    this.#last = null;
  }

  #takeAll(kind: Kind, all: Readonly<Record<string, { readonly stats: Stats }>>, from: number, second: number): void {
    const rings = this.#rings[kind];
    for (const name of rings.keys()) if (all[name] === undefined) rings.delete(name);
    for (const [name, { stats }] of Object.entries(all)) {
      const own = rings.get(name) ?? newRings();
      rings.set(name, own);
      for (const field of FIELDS) {
        for (let skipped = from; skipped < second; skipped++) own[field].set(skipped, null);
        own[field].set(second, stats[field]);
      }
    }
  }
}
