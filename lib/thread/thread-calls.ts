/** Calls that code in a replica makes: to other backends by a router of its own, and to the instance's controls. */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { ClientRoads } from '../client.ts';
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { LOAD, type ReplicaTag } from '../domain/replica.ts';
import { newIdSource } from '../domain/request-id.ts';
import type { ReplicaEntry, TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import type { Caller } from '../replica/caller.ts';
import type { FromReplica, ToReplica } from '../replica/control.ts';
import { Router } from '../router/router.ts';
import { Meters } from '../telemetry/meters.ts';
import { type ErrorEnvelope, unpackError, unpackFailure } from '../wire/error-envelope.ts';
import { SLOTS_PER_PAGE } from '../wire/frames.ts';
import { QuerySender, type SentQuery } from '../wire/query-sender.ts';

/** How often what the router has recorded is handed to the instance, in ms. */
const METERS_PERIOD_MS = 1000;

export interface ThreadCallsOptions {
  readonly replica: ReplicaTag;
  readonly control: MessagePort;
  readonly tableVersion: Int32Array;
  readonly load: Int32Array;
  readonly lineage: AsyncLocalStorage<Caller>;
  readonly revive: (part: Part) => unknown;
  readonly handleControl: (message: ToReplica) => void;
}

export class ThreadCalls {
  readonly roads: ClientRoads;
  readonly controls: Controls;
  readonly #options: ThreadCallsOptions;
  readonly #meters = new Meters({ keep: 'everything' });
  readonly #router: Router;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #nextAsk = 1;
  #table: PromiseWithResolvers<void> | null = null;
  #hasTable = false;
  #gateway: QuerySender | null = null;
  readonly #wake = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

  constructor(options: ThreadCallsOptions) {
    this.#options = options;
    const newRequestId = newIdSource(options.replica.replace(/[^A-Za-z0-9._:-]/g, '-'));
    this.#router = new Router({
      connect: (entry, onRoom) => this.#connect(entry, onRoom),
      endpointMeter: (name) => this.#meters.endpoint(name),
      backendMeter: (tag) => this.#meters.backend(tag),
      random: Math.random,
      refresh: () => this.#refresh(),
    });
    this.roads = {
      routed: { submit: (query, sink) => this.#submit(query, sink), newRequestId, block: null },
      sync: { submit: (query, sink) => this.#viaGateway(query, sink), newRequestId, block: (ref) => this.#block(ref) },
      requireEndpoint: (name) => this.#requireEndpoint(name),
    };
    this.controls = Object.fromEntries(
      CONTROL_NAMES.map((method) => [method, (...args: unknown[]) => this.#ask(method, args)]),
    ) as unknown as Controls;
  }

  /** A change of the routing table, or the whole of it the first time. */
  follow(change: TableChange): void {
    this.#router.apply(change);
    this.#hasTable = true;
    this.#table?.resolve();
  }

  replied(id: number, value: unknown, error: ErrorEnvelope | null): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) asked?.reject(unpackError(error));
    else asked?.resolve(value);
  }

  handOverMeters(): void {
    const delta = this.#meters.takeDelta();
    const queued = Object.fromEntries(
      [...this.#router.table.backends.keys()].map((tag) => [tag, this.#router.queued(tag)]),
    );
    if (delta || Object.values(queued).some((count) => count > 0) || this.#toldOfQueue) {
      this.#toldOfQueue = Object.values(queued).some((count) => count > 0);
      this.#post({ type: 'meters', delta, queued });
    }
  }

  #toldOfQueue = false;

  #submit(query: Query, sink: AnswerSink): QueryTicket {
    const caller = this.#options.lineage.getStore();
    const lineage = caller ? `${caller.lineage} ${this.#options.replica}`.trimStart() : '';
    const ticket = this.#hasTable
      ? this.#router.submit(query, sink, lineage)
      : lateTicket(this.#subscribe(), () => this.#router.submit(query, sink, lineage));
    // Who gave the query up gave up what it asks of others, too.
    caller?.onAborted(() => ticket.cancel());
    return ticket;
  }

  /** Asks for the routing table, once; resolves when it is here. */
  #subscribe(): Promise<void> {
    if (!this.#table) {
      this.#table = Promise.withResolvers();
      this.#post({ type: 'subscribe' });
      setInterval(() => this.handOverMeters(), METERS_PERIOD_MS).unref();
    }
    return this.#table.promise;
  }

  /** The instance counts the version up once the change stands in our port: taking it out here needs no turn of the loop. */
  #refresh(): void {
    const newest = Atomics.load(this.#options.tableVersion, 0);
    while (this.#router.table.version < newest) {
      const next = receiveMessageOnPort(this.#options.control);
      if (!next) return;
      this.#options.handleControl(next.message);
    }
  }

  #connect(entry: ReplicaEntry, onRoom: () => void): QuerySender {
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#post({ type: 'connect', replicaId: entry.id, port: port2, page }, [port2]);
    return new QuerySender(port1, page, { revive: this.#options.revive, onRoom });
  }

  #viaGateway(query: Query, sink: AnswerSink): QueryTicket {
    const caller = this.#options.lineage.getStore();
    const gateway = this.#openGateway();
    const { endpoint, request, callMethod, answerAs, shardKey, timeoutMs } = query;
    const lineage = caller ? `${caller.lineage} ${this.#options.replica}`.trimStart() : '';
    const route = { endpoint, shardKey, timeoutMs };
    const sent = new GatewayQuery(sink);
    const slot = gateway.send({ request, callMethod, answerAs, lineage, route }, sent);
    return { cancel: () => void gateway.cancel(slot, 'CANCELLED') };
  }

  #openGateway(): QuerySender {
    if (this.#gateway) return this.#gateway;
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#post({ type: 'gateway', port: port2, page, wake: this.#wake }, [port2]);
    this.#gateway = new QuerySender(port1, page, { revive: this.#options.revive, onRoom: () => {} });
    return this.#gateway;
  }

  async #requireEndpoint(name: string): Promise<void> {
    await this.#subscribe();
    this.#refresh();
    this.#router.requireEndpoint(name);
  }

  #block(ref: ObjectRef): void {
    const gateway = this.#openGateway();
    const wake = new Int32Array(this.#wake);
    gateway.flush();
    Atomics.store(this.#options.load, LOAD.isBlockedInGet, 1);
    try {
      while (!ref.isSettled) {
        const seen = Atomics.load(wake, 0);
        gateway.drain();
        if (!ref.isSettled) Atomics.wait(wake, 0, seen);
      }
    } finally {
      Atomics.store(this.#options.load, LOAD.isBlockedInGet, 0);
    }
  }

  #ask(method: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#nextAsk++;
    const asked = Promise.withResolvers<unknown>();
    this.#asked.set(id, asked);
    this.#post({ type: 'ask', id, method, args });
    return asked.promise;
  }

  #post(message: FromReplica, transfer: MessagePort[] = []): void {
    this.#options.control.postMessage(message, transfer);
  }
}

/** A query that the instance routes for us. */
class GatewayQuery implements SentQuery {
  readonly #sink: AnswerSink;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  answered(answer: unknown): void {
    this.#sink.answered(answer);
  }

  failed(envelope: ErrorEnvelope): void {
    this.#sink.failed(unpackFailure(envelope));
  }

  refused(): void {
    this.#sink.failed(new ServeError('REPLICA_DIED', 'the instance is shutting down'));
  }

  lost(): void {
    this.#sink.failed(new ServeError('REPLICA_DIED', 'the instance is gone'));
  }
}

function lateTicket(ready: Promise<void>, submit: () => QueryTicket): QueryTicket {
  let ticket: QueryTicket | null = null;
  let isCancelled = false;
  void ready.then(() => {
    if (!isCancelled) ticket = submit();
  });
  return {
    cancel() {
      isCancelled = true;
      ticket?.cancel();
    },
  };
}
