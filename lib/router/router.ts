/**
 * From a query to a replica: the endpoint's traffic policy or the shard key chooses a backend, the backend's replica
 * set a replica. There is one router wherever calls start: in the instance, and in each replica that composes.
 */
import type { BackendTag } from '../domain/backend.ts';
import { quote } from '../domain/given-value.ts';
import { nearestName } from '../domain/names.ts';
import { type AnswerSink, FROM_OUTSIDE, type Origin, type Query, type QueryTicket } from '../domain/query.ts';
import {
  applyChange,
  type BackendEntry,
  EMPTY_TABLE,
  type EndpointEntry,
  type ReplicaEntry,
  type RoutingTable,
  type TableChange,
} from '../domain/routing-table.ts';
import { chooseByShardKey } from '../domain/shard-key.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { chooseBackend } from '../domain/traffic-policy.ts';
import { ServeError } from '../errors.ts';
import type { QuerySender } from '../wire/query-sender.ts';
import type { Connection } from './connection.ts';
import { QueryTraces } from './query-traces.ts';
import { NO_REPLICA_TIMEOUT_MS, ReplicaSet } from './replica-set.ts';
import { RetryBudget } from './retry-budget.ts';
import { type RoutedParts, RoutedQuery } from './routed-query.ts';
import { copyBody } from './shadow-body.ts';

export interface EndpointMeter {
  routed(): void;
  finished(totalMs: number, failed: boolean, now: number): void;
}

export interface BackendMeter {
  /** `processingMs` null: user code never ran. */
  finished(queueMs: number, processingMs: number | null, failed: boolean, now: number): void;
}

export interface RouterParts {
  connect(entry: ReplicaEntry, onRoom: () => void): QuerySender;
  endpointMeter(name: string): EndpointMeter;
  backendMeter(tag: BackendTag): BackendMeter;
  /** A draw in [0, 1). */
  random(): number;
  /** Called before each query: brings the table up to date where that needs asking. */
  refresh?(): void;
  readonly noReplicaTimeoutMs?: number;
  /** Whose router it is, and of how many queries it knows where they went. */
  readonly traced: { readonly router: string; readonly queries: number };
}

const NO_TICKET: QueryTicket = { cancel() {} };
const NOBODY: AnswerSink = {
  answered(answer) {
    // A shadow's streamed answer has no reader: its source is told so.
    const body = answer instanceof ReadableStream ? answer : (answer as { body?: unknown } | null)?.body;
    if (body instanceof ReadableStream) body.cancel().catch(() => {});
  },
  failed() {},
};

interface RoutedEndpoint {
  readonly entry: EndpointEntry;
  readonly meter: EndpointMeter;
}

export class Router {
  readonly #parts: RouterParts;
  readonly #sets = new Map<BackendTag, ReplicaSet>();
  readonly #endpoints = new Map<string, RoutedEndpoint>();
  readonly #budget = new RetryBudget();
  /** Out of the table, with queries under way: their replica may still die. */
  readonly #leaving = new Map<string, Connection>();
  readonly #traces: QueryTraces;
  #table: RoutingTable = EMPTY_TABLE;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#traces = new QueryTraces(parts.traced.router, parts.traced.queries);
  }

  get table(): RoutingTable {
    return this.#table;
  }

  apply(change: TableChange): void {
    this.#table = applyChange(this.#table, change);
    const dead = new Set(change.dead);
    for (const [id, connection] of this.#leaving) {
      if (dead.has(id)) connection.lose();
      if (connection.isLost) this.#leaving.delete(id);
    }
    for (const [name, entry] of change.endpoints) {
      if (entry === null) this.#endpoints.delete(name);
      else this.#endpoints.set(name, { entry, meter: this.#parts.endpointMeter(name) });
    }
    for (const [tag, entry] of change.backends) this.#updateSet(tag, entry, dead);
  }

  /** Queries of a backend that wait here for a replica. */
  queued(tag: BackendTag): number {
    return this.#sets.get(tag)?.queued ?? 0;
  }

  submit = (query: Query, sink: AnswerSink, origin: Origin = FROM_OUTSIDE): QueryTicket => {
    this.#parts.refresh?.();
    const endpoint = this.#endpoints.get(query.endpoint);
    if (!endpoint) {
      sink.failed(this.#endpointNotFound(query.endpoint));
      return NO_TICKET;
    }
    endpoint.meter.routed();
    const { entry, meter } = endpoint;
    const { shardKey } = query;
    const draw = this.#parts.random();
    const tag = shardKey === null ? chooseBackend(entry.traffic, draw) : chooseByShardKey(entry.traffic, shardKey);
    const trace = this.#traces.begin(query, entry, tag, draw, origin);
    const routed = entry.shadows.length === 0 ? query : this.#shadow(entry, query, trace, origin);
    return this.#route(tag, entry, routed, { meter, sink, lineage: origin.lineage, trace });
  };

  /** Where the queries of this request id went, and those that its code made here, oldest first. */
  find(requestId: string): QueryTrace[] {
    return this.#traces.find(requestId);
  }

  /** Throws ENDPOINT_NOT_FOUND. */
  requireEndpoint(name: string): void {
    if (!this.#endpoints.has(name)) throw this.#endpointNotFound(name);
  }

  /** Lets go of every replica: what still waits is refused. */
  close(): void {
    const all = [...this.#sets.keys()].map((tag) => [tag, null] as const);
    const dead = [...this.#table.backends.values()].flatMap((backend) => backend.replicas.map((replica) => replica.id));
    this.apply({ version: this.#table.version, endpoints: [], backends: all, dead });
  }

  #updateSet(tag: BackendTag, entry: BackendEntry | null, dead: ReadonlySet<string>): void {
    const set = this.#sets.get(tag);
    if (entry === null) {
      this.#sets.delete(tag);
      set?.close(dead);
    } else if (set) set.update(entry, dead);
    else this.#sets.set(tag, this.#newSet(tag, entry));
  }

  #newSet(tag: BackendTag, entry: BackendEntry): ReplicaSet {
    const { connect, noReplicaTimeoutMs = NO_REPLICA_TIMEOUT_MS } = this.#parts;
    return new ReplicaSet(entry, {
      meter: this.#parts.backendMeter(tag),
      connect,
      budget: this.#budget,
      noReplicaTimeoutMs,
      onLeaving: (connection) => void this.#leaving.set(connection.id, connection),
    });
  }

  #route(
    tag: BackendTag,
    endpoint: EndpointEntry,
    query: Query,
    way: Omit<RoutedParts, 'endpoint' | 'set' | 'traces'>,
  ) {
    const set = this.#sets.get(tag);
    if (!set) throw new Error(`endpoint '${endpoint.name}' routes to backend '${tag}', which is not in the table`);
    const { meter, sink, lineage, trace } = way;
    const routed = new RoutedQuery(query, { endpoint, set, meter, sink, lineage, traces: this.#traces, trace });
    this.#budget.began();
    if (routed.lateAfterMs === null) set.route(routed);
    else routed.expire(routed.lateAfterMs);
    return routed;
  }

  /** Sends copies to the shadows drawn, each by its own draw; returns the query for the caller's own backend. */
  #shadow(entry: EndpointEntry, query: Query, trace: number, { lineage }: Origin): Query {
    const draws = entry.shadows.map(() => this.#parts.random());
    this.#traces.drew(trace, draws);
    let own = query;
    for (const [at, [tag, proportion]] of entry.shadows.entries()) {
      if ((draws[at] ?? 1) >= proportion) continue;
      const copy = this.#traces.beginCopy(query.request.id, entry, tag, trace);
      const way = { meter: null, sink: NOBODY, lineage, trace: copy };
      const { body } = own.request;
      if (!(body instanceof ReadableStream)) {
        this.#route(tag, entry, own, way);
        continue;
      }
      const [kept, copied] = copyBody(body);
      this.#route(tag, entry, { ...own, request: { ...own.request, body: copied } }, way);
      own = { ...own, request: { ...own.request, body: kept } };
    }
    return own;
  }

  #endpointNotFound(name: string): ServeError {
    const nearest = nearestName(name, this.#endpoints.keys());
    const next = nearest === null ? 'create it with createEndpoint' : `did you mean '${nearest}'?`;
    return new ServeError('ENDPOINT_NOT_FOUND', `there is no endpoint ${quote(name)}; ${next}`);
  }
}
