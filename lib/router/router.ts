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
import type { ReplicaNews } from '../wire/outgoing-query.ts';
import type { QuerySender } from '../wire/query-sender.ts';
import { beginTrials, type Trial } from './begin-trials.ts';
import type { Connection } from './connection.ts';
import { belongsTo, isCopyOf, tracesOf, withCopies } from './find-traces.ts';
import { dropAnswer } from './pair-collector.ts';
import { notesOf, notesOfCopy, QueryTraces, type ShadowDraws, type TraceRow } from './query-traces.ts';
import { NO_REPLICA_TIMEOUT_MS, ReplicaSet } from './replica-set.ts';
import { RetryBudget } from './retry-budget.ts';
import { type RoutedParts, RoutedQuery } from './routed-query.ts';
import { copyBody } from './shadow-body.ts';

export interface EndpointMeter {
  routed(): void;
  finished(totalMs: number, failed: boolean, now: number, backend: BackendTag): void;
}

export interface BackendMeter {
  /** `processingMs` null: user code never ran. */
  finished(queueMs: number, processingMs: number | null, failed: boolean, now: number): void;
  ranBatch(size: number, now: number): void;
}

export interface RouterParts {
  connect(entry: ReplicaEntry, news: ReplicaNews): QuerySender;
  endpointMeter(name: string): EndpointMeter;
  backendMeter(tag: BackendTag): BackendMeter;
  /** A draw in [0, 1). */
  random(): number;
  /** Called before each query: brings the table up to date where that needs asking. */
  refresh?(): void;
  readonly noReplicaTimeoutMs?: number;
  /** Whose router it is, and of how many queries it knows where they went, a power of two. */
  readonly traced: { readonly router: string; readonly queries: number };
}

const NO_TICKET: QueryTicket = { cancel() {} };
const NOBODY: AnswerSink = { answered: dropAnswer, failed() {} };

interface RoutedEndpoint {
  readonly entry: EndpointEntry;
  readonly meter: EndpointMeter;
  readonly trials: readonly Trial[];
}

type Way = Omit<RoutedParts, 'set' | 'traces'>;

const NO_TRIALS: readonly Trial[] = [];

export class Router {
  readonly #parts: RouterParts;
  readonly #sets = new Map<BackendTag, ReplicaSet>();
  readonly #endpoints = new Map<string, RoutedEndpoint>();
  readonly #budget = new RetryBudget();
  /** Out of the table, with queries under way: their replica may still die. */
  readonly #leaving = new Map<string, Connection>();
  readonly #traces: QueryTraces;
  #submitted = 0;
  readonly #trials = new Map<string, readonly Trial[]>();
  #table: RoutingTable = EMPTY_TABLE;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#traces = new QueryTraces(parts.traced.queries);
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
      else this.#endpoints.set(name, this.#routedEndpoint(entry, this.#parts.endpointMeter(name)));
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
    const { entry, meter, trials } = endpoint;
    const { shardKey } = query;
    const draw = this.#parts.random();
    const tag = shardKey === null ? chooseBackend(entry.traffic, draw) : chooseByShardKey(entry.traffic, shardKey);
    const number = this.#submitted++;
    const { lineage } = origin;
    if (entry.shadows.length === 0 && trials.length === 0) {
      const notes = notesOf(query, origin, null);
      return this.#route(tag, query, { endpoint: entry, meter, sink, lineage, number, draw, notes });
    }
    const shadows = { draws: entry.shadows.map(() => this.#parts.random()) };
    const { tried, copySinks } = beginTrials(trials, tag, query, sink, this.#parts.random);
    const own = this.#copy(entry, query, { number, lineage, shadows }, copySinks);
    const notes = notesOf(query, origin, shadows);
    return this.#route(tag, own, { endpoint: entry, meter, sink: tried, lineage, number, draw, notes });
  };

  /** Until what is returned is called, copies of the endpoint's queries meet `trial`, whatever its shadows are. */
  addTrial(endpoint: string, trial: Trial): () => void {
    this.#setTrials(endpoint, [...this.trialsOf(endpoint), trial]);
    return () =>
      this.#setTrials(
        endpoint,
        this.trialsOf(endpoint).filter((one) => one !== trial),
      );
  }

  #setTrials(endpoint: string, trials: readonly Trial[]): void {
    if (trials.length === 0) this.#trials.delete(endpoint);
    else this.#trials.set(endpoint, trials);
    const known = this.#endpoints.get(endpoint);
    if (known) this.#endpoints.set(endpoint, this.#routedEndpoint(known.entry, known.meter));
  }

  trialsOf(endpoint: string): readonly Trial[] {
    return this.#trials.get(endpoint) ?? NO_TRIALS;
  }

  /** Where the queries of this request id went, and those that its code made here, oldest first. */
  find(requestId: string): QueryTrace[] {
    const isWanted = belongsTo(requestId);
    const underWay = this.#underWay().filter(({ id, notes }) => isWanted(id, notes));
    return tracesOf([...this.#traces.rows(isWanted), ...underWay], this.#parts.traced.router);
  }

  /**
   * Queries that have ended, but for the first `after` of `total`: the newest `most` of an endpoint, or null = of all, as
   * they ended.
   */
  ended(
    after: number,
    endpoint: string | null,
    most: number,
  ): { readonly traces: QueryTrace[]; readonly total: number } {
    const rows = this.#traces.newest(after, endpoint, most);
    const shadowed = rows.filter(({ notes }) => notes?.shadows);
    const isWanted = isCopyOf(shadowed);
    const copies =
      shadowed.length === 0
        ? []
        : [
            ...this.#traces.rows((_, notes) => isWanted(notes)),
            ...this.#underWay().filter(({ notes }) => isWanted(notes)),
          ];
    return { traces: withCopies(rows, copies, this.#parts.traced.router), total: this.#traces.total };
  }

  /** Queries that have not ended: only who asks looks for them. */
  #underWay(): TraceRow[] {
    const sets = [...this.#sets.values()].map((set) => set.underWay);
    const connections = [...sets.flatMap((set) => set.connections), ...this.#leaving.values()];
    const sent = connections.flatMap(({ sinks }) => sinks).filter((sink) => sink instanceof RoutedQuery);
    return [...sets.flatMap(({ waiting }) => waiting), ...sent].filter(({ isOver }) => !isOver).map(({ row }) => row);
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
      this.#endTrialsOf(tag);
      set?.close(dead);
    } else if (set) set.update(entry, dead);
    else this.#sets.set(tag, this.#newSet(tag, entry));
  }

  #endTrialsOf(tag: BackendTag): void {
    for (const [endpoint, trials] of [...this.#trials]) {
      for (const trial of trials) if (trial.backend === tag) trial.pairs.end('gone');
      if (trials.some(({ backend }) => backend === tag)) {
        this.#setTrials(
          endpoint,
          trials.filter(({ backend }) => backend !== tag),
        );
      }
    }
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

  #route(tag: BackendTag, query: Query, way: Way): RoutedQuery {
    const set = this.#sets.get(tag);
    if (!set) throw new Error(`endpoint '${way.endpoint.name}' routes to backend '${tag}', which is not in the table`);
    const { endpoint, meter, sink, lineage, number, draw, notes } = way;
    const traces = this.#traces;
    const routed = new RoutedQuery(query, { endpoint, set, meter, sink, lineage, traces, number, draw, notes });
    this.#budget.began();
    if (routed.lateAfterMs === null) set.route(routed);
    else routed.expire(routed.lateAfterMs);
    return routed;
  }

  #routedEndpoint(entry: EndpointEntry, meter: EndpointMeter): RoutedEndpoint {
    return { entry, meter, trials: this.trialsOf(entry.name) };
  }

  /**
   * Sends copies to the backends on trial and to the shadows drawn, each by its own draw, and to none two; returns the
   * query for the caller's own backend.
   */
  #copy(
    endpoint: EndpointEntry,
    query: Query,
    { number, lineage, shadows }: { number: number; lineage: string; shadows: ShadowDraws },
    copySinks: ReadonlyMap<BackendTag, AnswerSink>,
  ): Query {
    const isDrawn = (proportion: number, at: number): boolean => (shadows.draws[at] ?? 1) < proportion;
    const drawn = endpoint.shadows.flatMap(([tag, proportion], at) => (isDrawn(proportion, at) ? [tag] : []));
    const notes = notesOfCopy(shadows);
    let own = query;
    for (const tag of new Set([...copySinks.keys(), ...drawn])) {
      const sink = copySinks.get(tag) ?? NOBODY;
      const way = { endpoint, meter: null, sink, lineage, number, draw: Number.NaN, notes };
      const { body } = own.request;
      if (!(body instanceof ReadableStream)) {
        this.#route(tag, own, way);
        continue;
      }
      const [kept, copied] = copyBody(body);
      this.#route(tag, { ...own, request: { ...own.request, body: copied } }, way);
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
