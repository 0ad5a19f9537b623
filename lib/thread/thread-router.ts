/** A replica's own router: follows the instance's routing table, and hands over what it has recorded. */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import type { ReplicaEntry, TableChange } from '../domain/routing-table.ts';
import type { FromReplica, ToReplica } from '../replica/control.ts';
import { Router } from '../router/router.ts';
import { Meters } from '../telemetry/meters.ts';
import { SLOTS_PER_PAGE } from '../wire/frames.ts';
import { QuerySender } from '../wire/query-sender.ts';

/** How often what the router has recorded is handed to the instance, in ms. */
const METERS_PERIOD_MS = 1000;

export interface ThreadRouterParts {
  readonly control: MessagePort;
  /** The newest version of the table, counted up by the instance. */
  readonly tableVersion: Int32Array;
  readonly revive: (part: Part) => unknown;
  readonly handleControl: (message: ToReplica) => void;
  readonly post: (message: FromReplica, transfer?: MessagePort[]) => void;
}

export class ThreadRouter {
  /** Resolves when the first table is here. */
  readonly ready: Promise<void>;
  readonly #parts: ThreadRouterParts;
  readonly #meters = new Meters({ keep: 'everything' });
  readonly #router: Router;
  readonly #gotTable = Promise.withResolvers<void>();
  #toldOfQueue = false;

  constructor(parts: ThreadRouterParts) {
    this.#parts = parts;
    this.ready = this.#gotTable.promise;
    this.#router = new Router({
      connect: (entry, onRoom) => this.#connect(entry, onRoom),
      endpointMeter: (name) => this.#meters.endpoint(name),
      backendMeter: (tag) => this.#meters.backend(tag),
      random: Math.random,
      refresh: () => this.#refresh(),
    });
    setInterval(() => this.handOverMeters(), METERS_PERIOD_MS).unref();
  }

  /** A change of the routing table, or the whole of it the first time. */
  follow(change: TableChange): void {
    this.#router.apply(change);
    this.#gotTable.resolve();
  }

  submit(query: Query, sink: AnswerSink, lineage: string): QueryTicket {
    return this.#router.submit(query, sink, lineage);
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
    if (delta || isQueueing || this.#toldOfQueue) this.#parts.post({ type: 'meters', delta, queued });
    this.#toldOfQueue = isQueueing;
  }

  /** The instance counts the version up once the change stands in our port: taking it out here needs no turn of the loop. */
  #refresh(): void {
    const newest = Atomics.load(this.#parts.tableVersion, 0);
    while (this.#router.table.version < newest) {
      const next = receiveMessageOnPort(this.#parts.control);
      if (!next) return;
      this.#parts.handleControl(next.message);
    }
  }

  #connect(entry: ReplicaEntry, onRoom: () => void): QuerySender {
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#parts.post({ type: 'connect', replicaId: entry.id, port: port2, page }, [port2]);
    return new QuerySender(port1, page, { revive: this.#parts.revive, onRoom });
  }
}
