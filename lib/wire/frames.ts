/**
 * What a router and a replica say to each other about queries.
 *
 * A batch is one flat array of frames: a kind, the query's slot, then the fields listed here. Flat, because structured
 * clone writes primitives of one array several times faster than nested objects.
 */
export const FRAME = {
  /** router to replica: flags, method, url, headers, pathParams, queryParams, data, body, id, callMethod, lineage, route */
  query: 1,
  /** router to replica: code (CANCELLED or TIMEOUT) */
  cancel: 2,
  /** router to replica, slot unused: a further page of slot states (SharedArrayBuffer) */
  page: 3,
  /** replica to router: value, hasParts, waitMs, tookMs */
  value: 4,
  /** replica to router: status, headers, contentType, body, waitMs, tookMs */
  http: 5,
  /** replica to router: error envelope, waitMs, tookMs (tookMs null: user code never ran) */
  failure: 6,
  /** replica to router: the query did not start and will not: the replica is full or leaving */
  refused: 7,
  /** replica to router, slot unused: a replica that refused has room again */
  room: 8,
  /** either way: chunk, hasParts (of a body or an answer in motion) */
  chunk: 9,
  /** either way: the stream ended well */
  end: 10,
  /** either way: error envelope; the stream broke */
  broken: 11,
  /** either way: units; the reader can take this much more */
  credit: 12,
  /** either way: the reader wants no more */
  stop: 13,
  /** replica to router, slot unused: count; queries that the replica holds of other routers */
  others: 14,
  /** replica to router, slot unused: size; user code got a batch, of queries of this router first */
  batch: 15,
} as const;

/** How many fields a frame has, its kind and slot included. */
export const FIELDS: ReadonlyMap<unknown, number> = new Map<number, number>([
  [FRAME.query, 14],
  [FRAME.cancel, 3],
  [FRAME.page, 3],
  [FRAME.value, 6],
  [FRAME.http, 9],
  [FRAME.failure, 5],
  [FRAME.refused, 2],
  [FRAME.room, 2],
  [FRAME.chunk, 4],
  [FRAME.end, 2],
  [FRAME.broken, 3],
  [FRAME.credit, 3],
  [FRAME.stop, 2],
  [FRAME.others, 3],
  [FRAME.batch, 3],
]);

/** Bits of a query frame's flags. `takenBack`: it was given up before it left, and must not start. */
export const QUERY_FLAG = { answerAsHttp: 1, fromHttp: 2, dataHasParts: 4, bodyInMotion: 8, takenBack: 16 } as const;

/** Bits of an answer frame's `hasParts`. */
export const ANSWER_FLAG = { parts: 1, inMotion: 2, response: 4 } as const;

/** What a slot's state byte says. Router and replica settle who has a query by compare-and-set on it. */
export const SLOT = {
  /** Sent; the replica may start it, the router may take it back. */
  sent: 0,
  /** The replica is about to call user code, or did. */
  started: 1,
  /** The router took it back; the replica must not start it. */
  revoked: 2,
} as const;

/** Slots per page of states. A page is 1 KiB; a connection gets another when all of its slots are in use. */
export const SLOTS_PER_PAGE = 1024;

/** A view of one slot's state. */
export class SlotStates {
  readonly #pages: Uint8Array[] = [];

  addPage(page: SharedArrayBuffer): void {
    this.#pages.push(new Uint8Array(page));
  }

  get size(): number {
    return this.#pages.length * SLOTS_PER_PAGE;
  }

  reset(slot: number): void {
    Atomics.store(this.#pageOf(slot), slot % SLOTS_PER_PAGE, SLOT.sent);
  }

  /** The replica's claim, made just before user code runs. False: the router took the query back. */
  start(slot: number): boolean {
    const before = Atomics.compareExchange(this.#pageOf(slot), slot % SLOTS_PER_PAGE, SLOT.sent, SLOT.started);
    return before === SLOT.sent;
  }

  /** The router's claim. False: the replica has started it already. */
  revoke(slot: number): boolean {
    const before = Atomics.compareExchange(this.#pageOf(slot), slot % SLOTS_PER_PAGE, SLOT.sent, SLOT.revoked);
    return before !== SLOT.started;
  }

  #pageOf(slot: number): Uint8Array {
    const page = this.#pages[Math.floor(slot / SLOTS_PER_PAGE)];
    if (!page) throw new Error(`no page of slot states for slot ${slot}`);
    return page;
  }
}
