/** A replica's own router: follows the instance's routing table, and hands over what it has recorded. */
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Origin, Query, QueryTicket } from '../domain/query.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import type { TableChange } from '../domain/routing-table.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { Router } from '../router/router.ts';
import { Meters } from '../telemetry/meters.ts';
import type { Premises } from './premises.ts';

/** How often what the router has recorded is handed to the instance, in ms. */
const METERS_PERIOD_MS = 1000;
/** Of how many queries it knows where they went. */
const TRACED_QUERIES = 2 ** 10;

export interface OwnRouterParts {
  readonly replica: ReplicaTag;
  readonly premises: Premises;
  readonly revive: (part: Part) => unknown;
}

export class OwnRouter {
  /** Resolves when the first table is here. */
  readonly ready: Promise<void>;
  readonly #parts: OwnRouterParts;
  readonly #meters = new Meters({ keep: 'everything' });
  readonly #router: Router;
  readonly #gotTable = Promise.withResolvers<void>();
  #toldOfQueue = false;

  constructor(parts: OwnRouterParts) {
    this.#parts = parts;
    this.ready = this.#gotTable.promise;
    const { premises, revive } = parts;
    this.#router = new Router({
      connect: (entry, news) => premises.connect(entry, { revive, ...news }),
      endpointMeter: (name) => this.#meters.endpoint(name),
      backendMeter: (tag) => this.#meters.backend(tag),
      random: Math.random,
      refresh: () => this.#refresh(),
      traced: { router: parts.replica, queries: TRACED_QUERIES },
    });
    setInterval(() => this.handOverMeters(), METERS_PERIOD_MS).unref();
  }

  /** A change of the routing table, or the whole of it the first time; null: there is a newer one to be read. */
  follow(change: TableChange | null): void {
    if (change) this.#router.apply(change);
    else this.#refresh();
    this.#gotTable.resolve();
  }

  submit(query: Query, sink: AnswerSink, origin: Origin): QueryTicket {
    return this.#router.submit(query, sink, origin);
  }

  find(requestId: string): readonly QueryTrace[] {
    return this.#router.find(requestId);
  }

  /** Throws ENDPOINT_NOT_FOUND. */
  requireEndpoint(name: string): void {
    this.#refresh();
    this.#router.requireEndpoint(name);
  }

  handOverMeters(): void {
    const delta = this.#meters.takeDelta();
    const tags = [...this.#router.table.backends.keys()];
    const queued = Object.fromEntries(tags.map((tag) => [tag, this.#router.queued(tag)]));
    const isQueueing = Object.values(queued).some((count) => count > 0);
    if (delta || isQueueing || this.#toldOfQueue) this.#parts.premises.post({ type: 'meters', delta, queued });
    this.#toldOfQueue = isQueueing;
  }

  #refresh(): void {
    this.#parts.premises.catchUp(
      () => this.#router.table,
      (change) => this.#router.apply(change),
    );
  }
}
