/**
 * The newest queries of a router and where they went. A query is written down once, when it ends, into columns made
 * beforehand: on the request path nothing is made, no clock is read, and all that is kept of most is the request id.
 */
import type { BackendTag } from '../domain/backend.ts';
import type { Origin, Query } from '../domain/query.ts';
import { FROM_OUTSIDE } from '../domain/query.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';
import type { GivenBack, TracedLeg } from '../domain/trace.ts';

/** More of a shard key than these characters is not kept. */
const LONGEST_KEY = 256;
const MOST_GIVEN_BACK = 100;

/** Where a query is: at a replica, or before all of a backend's. One object for each, however many queries. */
export interface Place {
  readonly backend: BackendTag;
  readonly replica: ReplicaTag | null;
}

/** What was drawn for an endpoint's shadows, in their order. A query and its copies share one. */
export interface ShadowDraws {
  readonly draws: readonly number[];
}

/** What there is to say of few queries. */
export interface TraceNotes {
  readonly shardKey: string | null;
  readonly origin: Origin;
  readonly shadows: ShadowDraws | null;
  readonly isCopy: boolean;
  readonly givenBack: GivenBack[];
}

/** A query as far as it has come. Times in ms of this thread's clock; NaN: it has not come so far, or nobody knows. */
export interface TraceRow {
  readonly id: string;
  readonly endpoint: EndpointEntry;
  /** Its place among the queries of this router. */
  readonly number: number;
  readonly place: Place;
  readonly draw: number;
  readonly notes: TraceNotes | null;
  readonly arrivedAt: number;
  readonly sentAt: number;
  readonly waitMs: number;
  readonly tookMs: number;
  readonly endedAt: number;
  readonly outcome: TracedLeg['outcome'];
}

/** Numbers of a row, side by side. */
const COLUMNS = 8;
const [NUMBER, DRAW, ARRIVED, SENT, WAIT, TOOK, ENDED] = [0, 1, 2, 3, 4, 5, 6];
const NOWHERE: Place = { backend: '', replica: null };

export class QueryTraces {
  readonly #mask: number;
  readonly #ids: string[];
  readonly #endpoints: (EndpointEntry | null)[];
  readonly #places: Place[];
  readonly #notes: (TraceNotes | null)[];
  readonly #outcomes: TraceRow['outcome'][];
  readonly #numbers: Float64Array;
  /** How many have been written down. */
  #added = 0;

  /** `size`: how many queries are kept, a power of two. */
  constructor(size: number) {
    this.#mask = size - 1;
    this.#ids = new Array<string>(size).fill('');
    this.#endpoints = new Array<EndpointEntry | null>(size).fill(null);
    this.#places = new Array<Place>(size).fill(NOWHERE);
    this.#notes = new Array<TraceNotes | null>(size).fill(null);
    this.#outcomes = new Array<TraceRow['outcome']>(size).fill('ok');
    this.#numbers = new Float64Array(size * COLUMNS);
  }

  /** Writes down a query that has ended. What is as in the row before it is not written: that costs less to see. */
  add(
    query: Omit<TraceRow, 'id' | 'waitMs' | 'tookMs' | 'endedAt' | 'outcome'> & Pick<Query, 'request'>,
    outcome: TraceRow['outcome'],
    waitMs: number,
    tookMs: number,
    endedAt: number,
  ): void {
    const slot = this.#added & this.#mask;
    this.#added += 1;
    this.#ids[slot] = query.request.id;
    const { endpoint, place, notes } = query;
    if (this.#endpoints[slot] !== endpoint) this.#endpoints[slot] = endpoint;
    if (this.#places[slot] !== place) this.#places[slot] = place;
    if (this.#notes[slot] !== notes) this.#notes[slot] = notes;
    if (this.#outcomes[slot] !== outcome) this.#outcomes[slot] = outcome;
    const numbers = this.#numbers;
    const at = slot * COLUMNS;
    numbers[at] = query.number;
    numbers[at + 1] = query.draw;
    numbers[at + 2] = query.arrivedAt;
    numbers[at + 3] = query.sentAt;
    numbers[at + 4] = waitMs;
    numbers[at + 5] = tookMs;
    numbers[at + 6] = endedAt;
  }

  /** Those that are kept and `isWanted`, by their id and notes. */
  rows(isWanted: (id: string, notes: TraceNotes | null) => boolean): TraceRow[] {
    const rows: TraceRow[] = [];
    for (const [slot, endpoint] of this.#endpoints.entries()) {
      const id = this.#ids[slot] ?? '';
      const notes = this.#notes[slot] ?? null;
      if (endpoint !== null && isWanted(id, notes)) rows.push(this.#row(slot, id, endpoint, notes));
    }
    return rows;
  }

  get total(): number {
    return this.#added;
  }

  /** Of all but the first `after` the newest `most`, copies left out, as they ended; of one endpoint, or null = of all. */
  newest(after: number, endpoint: string | null, most: number): TraceRow[] {
    const rows: TraceRow[] = [];
    const first = Math.max(after, this.#added - this.#endpoints.length);
    for (let at = this.#added - 1; at >= first && rows.length < most; at--) {
      const slot = at & this.#mask;
      const entry = this.#endpoints[slot] ?? null;
      const notes = this.#notes[slot] ?? null;
      if (entry === null || notes?.isCopy || (endpoint !== null && entry.name !== endpoint)) continue;
      rows.push(this.#row(slot, this.#ids[slot] ?? '', entry, notes));
    }
    return rows.reverse();
  }

  #row(slot: number, id: string, endpoint: EndpointEntry, notes: TraceNotes | null): TraceRow {
    const number = (column: number): number => this.#numbers[slot * COLUMNS + column] ?? Number.NaN;
    return {
      id,
      endpoint,
      number: number(NUMBER),
      place: this.#places[slot] ?? NOWHERE,
      draw: number(DRAW),
      notes,
      arrivedAt: number(ARRIVED),
      sentAt: number(SENT),
      waitMs: number(WAIT),
      tookMs: number(TOOK),
      endedAt: number(ENDED),
      outcome: this.#outcomes[slot] ?? 'ok',
    };
  }
}

/** What there is to say of a query from the beginning; null for most. */
export function notesOf(
  { shardKey }: Pick<Query, 'shardKey'>,
  origin: Origin,
  shadows: ShadowDraws | null,
): TraceNotes | null {
  if (shardKey === null && shadows === null && origin === FROM_OUTSIDE) return null;
  return { shardKey: shardKey === null ? null : clipped(shardKey), origin, shadows, isCopy: false, givenBack: [] };
}

export const notesOfCopy = (shadows: ShadowDraws): TraceNotes => ({
  shardKey: null,
  origin: FROM_OUTSIDE,
  shadows,
  isCopy: true,
  givenBack: [],
});

/** The notes with one more replica that the query came back from. */
export function notesWith(notes: TraceNotes | null, given: GivenBack): TraceNotes {
  const before = notes ?? { shardKey: null, origin: FROM_OUTSIDE, shadows: null, isCopy: false, givenBack: [] };
  return { ...before, givenBack: [...before.givenBack, given].slice(-MOST_GIVEN_BACK) };
}

/** A copy where it is cut: a slice would keep all of the text it is of. */
const clipped = (key: string): string =>
  key.length <= LONGEST_KEY ? key : Buffer.from(key.slice(0, LONGEST_KEY)).toString();
