/** The replicas of one backend as one router sees them, and the queries that wait for one. */
import type { BackendTag } from '../domain/backend.ts';
import type { BackendEntry, ReplicaEntry } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import type { ReplicaNews } from '../wire/outgoing-query.ts';
import type { QuerySender } from '../wire/query-sender.ts';
import { chooseReplica } from './choose-replica.ts';
import { Connection } from './connection.ts';
import { Fifo } from './fifo.ts';
import type { Place } from './query-traces.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RoutedQuery } from './routed-query.ts';
import type { BackendMeter } from './router.ts';

/** How long queries wait while no replica runs at all, in ms. */
export const NO_REPLICA_TIMEOUT_MS = 30_000;
/** How long a call that came from this very backend waits for a place in it, in ms: it may wait for itself. */
const SELF_CALL_TIMEOUT_MS = 30_000;

export class ReplicaSet {
  readonly tag: BackendTag;
  /** Before all its replicas. */
  readonly place: Place;
  readonly meter: BackendMeter;
  readonly #connect: (entry: ReplicaEntry, news: ReplicaNews) => QuerySender;
  readonly #budget: RetryBudget;
  readonly #noReplicaTimeoutMs: number;
  readonly #onLeaving: (connection: Connection) => void;
  readonly #waiting = new Fifo<RoutedQuery>();
  #entry: BackendEntry;
  #connections: Connection[] = [];
  /** Why no query may wait here; null = one may. */
  #refusal: string | null = null;
  #turn = 0;
  #noReplicaTimer: NodeJS.Timeout | null = null;

  constructor(
    entry: BackendEntry,
    parts: {
      meter: BackendMeter;
      connect: (entry: ReplicaEntry, news: ReplicaNews) => QuerySender;
      budget: RetryBudget;
      noReplicaTimeoutMs: number;
      /** Told of each connection that is out of the table but still has queries. */
      onLeaving: (connection: Connection) => void;
    },
  ) {
    this.tag = entry.tag;
    this.place = { backend: entry.tag, replica: null };
    this.meter = parts.meter;
    this.#connect = parts.connect;
    this.#budget = parts.budget;
    this.#noReplicaTimeoutMs = parts.noReplicaTimeoutMs;
    this.#onLeaving = parts.onLeaving;
    this.#entry = entry;
    this.update(entry, new Set());
  }

  get requestTimeoutMs(): number | null {
    return this.#entry.requestTimeoutMs;
  }

  /** What is under way: waiting here, or sent to a replica that is still in the table. */
  get underWay(): { readonly waiting: readonly RoutedQuery[]; readonly connections: readonly Connection[] } {
    return { waiting: this.#waiting.waiting(), connections: this.#connections };
  }

  /** Queries waiting for a replica. */
  get queued(): number {
    return this.#waiting.size;
  }

  update(entry: BackendEntry, dead: ReadonlySet<string>): void {
    this.#entry = entry;
    // First of all: what a lost connection gives back is routed again at once.
    this.#refusal = entry.wanted === 0 ? noReplicaWanted(this.tag) : null;
    const known = new Map(this.#connections.map((connection) => [connection.id, connection]));
    this.#connections = entry.replicas.map((replica) => {
      const connection = known.get(replica.id) ?? this.#open(replica);
      known.delete(replica.id);
      connection.limit = entry.limit;
      return connection;
    });
    for (const connection of known.values()) this.#letGo(connection, dead);
    this.#refuseWaiting();
    this.#sendWaiting();
    this.#watchForReplica();
  }

  /** The backend is gone from the table. */
  close(dead: ReadonlySet<string>): void {
    const leaving = this.#connections;
    this.#connections = [];
    this.#refusal = `backend '${this.tag}' was deleted before the query had started`;
    for (const connection of leaving) this.#letGo(connection, dead);
    this.#refuseWaiting();
    this.#watchForReplica();
  }

  route(query: RoutedQuery): void {
    if (this.#refusal !== null) {
      query.end(new ServeError('NO_REPLICA', this.#refusal));
      return;
    }
    // Who waits goes first.
    const connection = this.#waiting.size === 0 ? this.#next() : null;
    if (connection) query.sendTo(connection);
    else this.#wait(query);
  }

  /** A query that did not start where it was sent: it goes to another replica, or waits in front. */
  routeAgain(query: RoutedQuery): void {
    const connection = this.#next();
    if (connection) {
      query.sendTo(connection);
      return;
    }
    if (this.#refusal !== null) {
      query.end(new ServeError('NO_REPLICA', this.#refusal));
      return;
    }
    if (query.lineage !== '' && !this.#mayWaitForItself(query)) return;
    query.isWaiting = true;
    this.#waiting.putBack(query);
    this.#watchForReplica();
  }

  /** Whether a started query may run a second time: on idempotent endpoints, within the retry budget. */
  mayRunAgain(query: RoutedQuery): boolean {
    if (!query.endpoint.idempotent || query.request.body instanceof ReadableStream) return false;
    if (!this.#budget.take(query)) return false;
    query.retries++;
    return true;
  }

  leaveQueue(query: RoutedQuery): void {
    query.isWaiting = false;
    this.#waiting.itemLeft();
  }

  queryEnded(query: RoutedQuery): void {
    this.#budget.ended(query);
  }

  placeFreed(): void {
    if (this.#waiting.size > 0) this.#sendWaiting();
  }

  #letGo(connection: Connection, dead: ReadonlySet<string>): void {
    if (dead.has(connection.id)) connection.lose();
    else {
      connection.leave();
      this.#onLeaving(connection);
    }
  }

  #open(replica: ReplicaEntry): Connection {
    const sender = this.#connect(replica, {
      onRoom: () => {
        connection.hasRefused = false;
        this.#sendWaiting();
      },
      onBatch: (size) => this.meter.ranBatch(size, performance.now()),
    });
    const connection = new Connection(replica, this.tag, this.#entry.limit, sender);
    return connection;
  }

  #next(): Connection | null {
    const index = chooseReplica(this.#connections, this.#turn);
    if (index < 0) return null;
    this.#turn = index + 1;
    return this.#connections[index] ?? null;
  }

  #wait(query: RoutedQuery): void {
    if (this.#waiting.size >= this.#entry.maxQueued) {
      const message =
        `backend '${this.tag}' has ${this.#waiting.size} queries waiting, as many as maxQueuedQueries allows; ` +
        'try again later, add replicas, or raise it';
      query.end(new ServeError('QUEUE_FULL', message));
      return;
    }
    if (query.lineage !== '' && !this.#mayWaitForItself(query)) return;
    query.isWaiting = true;
    this.#waiting.push(query);
    this.#watchForReplica();
  }

  /** A call that came from this backend may wait for a place that only its own end can free. */
  #mayWaitForItself(query: RoutedQuery): boolean {
    const ancestors = query.lineage.split(' ').filter((tag) => tag.startsWith(`${this.tag}#`)).length;
    if (ancestors === 0) return true;
    const message =
      `every place of backend '${this.tag}' is taken, in part by the calls this one came from (${query.lineage}); ` +
      'raise maxConcurrentQueries or numReplicas, or do not call in a circle';
    if (this.#connections.length > 0 && ancestors >= this.#connections.length * this.#entry.limit) {
      query.end(new ServeError('QUEUE_FULL', message));
      return false;
    }
    query.limitWait(SELF_CALL_TIMEOUT_MS, () => new ServeError('QUEUE_FULL', message));
    return true;
  }

  #sendWaiting(): void {
    while (this.#waiting.size > 0) {
      const connection = this.#next();
      if (!connection) return;
      const query = this.#waiting.shift();
      if (!query) return;
      query.sendTo(connection);
    }
  }

  /** They have not started, so their callers may safely ask again. */
  #refuseWaiting(): void {
    if (this.#refusal === null) return;
    for (const query of this.#waiting.waiting()) query.end(new ServeError('NO_REPLICA', this.#refusal));
  }

  /** While queries wait and no replica runs, each of them may wait so long and no longer. */
  #watchForReplica(): void {
    // One that is lost has died, which the table says only later; until then this timer keeps the process alive.
    const isNeeded = this.#waiting.size > 0 && this.#connections.every((connection) => connection.isLost);
    if (!isNeeded) {
      if (this.#noReplicaTimer) clearTimeout(this.#noReplicaTimer);
      this.#noReplicaTimer = null;
      return;
    }
    if (this.#noReplicaTimer) return;
    const oldest = this.#waiting
      .waiting()
      .reduce((first, { arrivedAt }) => Math.min(first, arrivedAt), Number.POSITIVE_INFINITY);
    const leftMs = Math.max(1, oldest + this.#noReplicaTimeoutMs - performance.now());
    this.#noReplicaTimer = setTimeout(() => {
      this.#noReplicaTimer = null;
      const before = performance.now() - this.#noReplicaTimeoutMs;
      const message =
        `backend '${this.tag}' has had no running replica for ${this.#noReplicaTimeoutMs / 1000} s; ` +
        'see status() for what its replicas wait for';
      for (const query of this.#waiting.waiting()) {
        if (query.arrivedAt <= before) query.end(new ServeError('NO_REPLICA', message));
      }
      this.#watchForReplica();
    }, leftMs);
  }
}

const noReplicaWanted = (tag: BackendTag): string =>
  `backend '${tag}' has numReplicas 0; raise it with updateBackendConfig('${tag}', { numReplicas: 1 })`;
