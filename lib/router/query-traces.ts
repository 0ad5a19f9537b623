/**
 * The newest queries of a router and where they went. Columns made beforehand, one slot for each query: on the request
 * path nothing is made, no clock is read, and the only thing kept that is new is the request id.
 */
import type { BackendTag } from '../domain/backend.ts';
import type { Origin, Query } from '../domain/query.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';
import type { GivenBack, QueryTrace, TracedLeg } from '../domain/trace.ts';
import type { ServeErrorCode } from '../errors.ts';

/** More of a shard key than these characters is not kept. */
const LONGEST_KEY = 256;
/** More queries of one request id are not told. */
const MOST_TOLD = 100;
const PENDING = 'pending';

const columnOf = <T>(size: number, empty: T): T[] => new Array<T>(size).fill(empty);

export class QueryTraces {
  readonly #size: number;
  readonly #router: string;
  readonly #ids: string[];
  readonly #entries: (EndpointEntry | null)[];
  readonly #backends: BackendTag[];
  readonly #lineages: string[];
  readonly #calledBy: string[];
  readonly #shardKeys: (string | null)[];
  readonly #shadowDraws: (readonly number[] | null)[];
  readonly #replicas: (ReplicaTag | null)[];
  readonly #givenBack: (GivenBack[] | null)[];
  readonly #outcomes: TracedLeg['outcome'][];
  /** For a shadow's copy the number of the query that it is a copy of, else -1. */
  readonly #copyOf: Float64Array;
  readonly #draws: Float64Array;
  readonly #arrivals: Float64Array;
  readonly #sent: Float64Array;
  readonly #waits: Float64Array;
  readonly #took: Float64Array;
  readonly #totals: Float64Array;
  #next = 0;

  /** `router`: whose it is; `size`: how many queries are kept. */
  constructor(router: string, size: number) {
    this.#router = router;
    this.#size = size;
    this.#ids = columnOf(size, '');
    this.#entries = columnOf<EndpointEntry | null>(size, null);
    this.#backends = columnOf(size, '');
    this.#lineages = columnOf(size, '');
    this.#calledBy = columnOf(size, '');
    this.#shardKeys = columnOf<string | null>(size, null);
    this.#shadowDraws = columnOf<readonly number[] | null>(size, null);
    this.#replicas = columnOf<ReplicaTag | null>(size, null);
    this.#givenBack = columnOf<GivenBack[] | null>(size, null);
    this.#outcomes = columnOf<TracedLeg['outcome']>(size, PENDING);
    this.#copyOf = new Float64Array(size);
    this.#draws = new Float64Array(size);
    this.#arrivals = new Float64Array(size);
    this.#sent = new Float64Array(size);
    this.#waits = new Float64Array(size);
    this.#took = new Float64Array(size);
    this.#totals = new Float64Array(size);
  }

  /** Returns the query's number, by which it is told of. `draw`: what chose `backend`, unless a shard key did. */
  begin(query: Query, entry: EndpointEntry, backend: BackendTag, draw: number, origin: Origin): number {
    const { shardKey } = query;
    const number = this.#begin(query.request.id, entry, backend);
    const slot = number % this.#size;
    this.#copyOf[slot] = -1;
    this.#draws[slot] = draw;
    this.#lineages[slot] = origin.lineage;
    this.#calledBy[slot] = origin.calledBy;
    this.#shardKeys[slot] = shardKey !== null && shardKey.length > LONGEST_KEY ? clipped(shardKey) : shardKey;
    return number;
  }

  /** A copy of a query for a shadow. */
  beginCopy(id: string, entry: EndpointEntry, backend: BackendTag, copyOf: number): number {
    const number = this.#begin(id, entry, backend);
    this.#copyOf[number % this.#size] = copyOf;
    return number;
  }

  /** What was drawn for each of the endpoint's shadows, in their order. */
  drew(number: number, draws: readonly number[]): void {
    if (this.#has(number)) this.#shadowDraws[number % this.#size] = draws;
  }

  /** Just after it began. */
  arrived(number: number, at: number): void {
    this.#arrivals[number % this.#size] = at;
  }

  sent(number: number, replica: ReplicaTag, at: number): void {
    if (!this.#has(number)) return;
    const slot = number % this.#size;
    this.#replicas[slot] = replica;
    this.#sent[slot] = at;
  }

  gaveBack(number: number, replica: ReplicaTag, because: GivenBack['because']): void {
    if (!this.#has(number)) return;
    const slot = number % this.#size;
    const known = this.#givenBack[slot];
    if (!known) this.#givenBack[slot] = [{ replica, because }];
    else if (known.length < MOST_TOLD) known.push({ replica, because });
    this.#replicas[slot] = null;
  }

  /** `waitMs`, `tookMs` NaN: user code never ran, or nobody knows. */
  ended(number: number, outcome: 'ok' | ServeErrorCode, waitMs: number, tookMs: number, now: number): void {
    if (!this.#has(number)) return;
    const slot = number % this.#size;
    this.#outcomes[slot] = outcome;
    this.#waits[slot] = waitMs;
    this.#took[slot] = tookMs;
    this.#totals[slot] = now;
  }

  /** The queries of this request id, and those that its code made here, oldest first. */
  find(requestId: string): QueryTrace[] {
    const found: number[] = [];
    const copies = new Map<number, number[]>();
    for (let number = this.#next - 1; number >= Math.max(0, this.#next - this.#size); number--) {
      const slot = number % this.#size;
      const isCopy = this.#copyOf[slot] !== -1;
      const isIts = this.#ids[slot] === requestId;
      if (isCopy && isIts) {
        const of = this.#copyOf[slot] ?? -1;
        copies.set(of, [...(copies.get(of) ?? []), number]);
      } else if (!isCopy && found.length < MOST_TOLD) {
        if (isIts || (this.#calledBy[slot] ?? '').split(' ').includes(requestId)) found.push(number);
      }
    }
    return found.reverse().map((number) => this.#trace(number, copies.get(number) ?? []));
  }

  #begin(id: string, entry: EndpointEntry, backend: BackendTag): number {
    const number = this.#next++;
    const slot = number % this.#size;
    this.#ids[slot] = id;
    this.#entries[slot] = entry;
    this.#backends[slot] = backend;
    this.#replicas[slot] = null;
    this.#outcomes[slot] = PENDING;
    if (this.#shadowDraws[slot] !== null) this.#shadowDraws[slot] = null;
    if (this.#givenBack[slot] !== null) this.#givenBack[slot] = null;
    return number;
  }

  #has(number: number): boolean {
    return number >= this.#next - this.#size;
  }

  #trace(number: number, copies: readonly number[]): QueryTrace {
    const slot = number % this.#size;
    const entry = this.#entries[slot];
    if (!entry) throw new Error('a query was begun without its endpoint');
    const shardKey = this.#shardKeys[slot] ?? null;
    const isDrawn = shardKey === null && entry.traffic.weights.length > 1;
    const draws = this.#shadowDraws[slot] ?? [];
    return {
      requestId: this.#ids[slot] ?? '',
      endpoint: entry.name,
      number,
      at: new Date(performance.timeOrigin + (this.#arrivals[slot] ?? 0)).toISOString(),
      router: this.#router,
      lineage: namesIn(this.#lineages[slot]),
      calledBy: namesIn(this.#calledBy[slot]),
      traffic: Object.fromEntries(entry.traffic.weights),
      draw: isDrawn ? (this.#draws[slot] ?? null) : null,
      shardKey,
      ...this.#leg(slot),
      shadows: entry.shadows.map(([backend, proportion], at) => {
        const copy = copies.find((one) => this.#backends[one % this.#size] === backend);
        const leg = copy === undefined ? null : this.#leg(copy % this.#size);
        return { backend, proportion, draw: draws[at] ?? Number.NaN, copy: leg };
      }),
    };
  }

  #leg(slot: number): TracedLeg {
    const outcome = this.#outcomes[slot] ?? PENDING;
    const replica = this.#replicas[slot] ?? null;
    const arrived = this.#arrivals[slot] ?? 0;
    const isOver = outcome !== PENDING;
    return {
      backend: this.#backends[slot] ?? '',
      replica,
      givenBack: [...(this.#givenBack[slot] ?? [])],
      queuedAtRouterMs: replica === null ? null : (this.#sent[slot] ?? 0) - arrived,
      queuedAtReplicaMs: isOver ? numberOrNull(this.#waits[slot]) : null,
      processingMs: isOver ? numberOrNull(this.#took[slot]) : null,
      totalMs: isOver ? (this.#totals[slot] ?? 0) - arrived : null,
      outcome,
    };
  }
}

const namesIn = (joined: string | undefined): string[] => (joined ? joined.split(' ') : []);

const numberOrNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** A copy: a slice would keep all of the text it is of. */
const clipped = (key: string): string => Buffer.from(key.slice(0, LONGEST_KEY)).toString();
