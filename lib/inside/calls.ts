/**
 * Calls that code in a replica makes: to other backends by a router of its own, and to the instance's controls. The
 * router is loaded by the first call: most replicas make none, and start faster without it.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientRoads } from '../client-roads.ts';
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import type { Part } from '../domain/part.ts';
import { type AnswerSink, FROM_OUTSIDE, type Origin, type Query, type QueryTicket } from '../domain/query.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import { newIdSource } from '../domain/request-id.ts';
import type { TableChange } from '../domain/routing-table.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { ServeError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import type { Caller } from '../replica/caller.ts';
import { type ErrorEnvelope, unpackError } from '../wire/error-envelope.ts';
import type { GatewayRoad } from '../wire/gateway-road.ts';
import { lateTicket } from '../wire/late-ticket.ts';
import type { OwnRouter } from './own-router.ts';
import type { Premises } from './premises.ts';

export interface CallsOptions {
  readonly replica: ReplicaTag;
  readonly premises: Premises;
  readonly lineage: AsyncLocalStorage<Caller>;
  readonly revive: (part: Part) => unknown;
}

export class Calls {
  readonly roads: ClientRoads;
  readonly controls: Controls;
  readonly #options: CallsOptions;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #nextAsk = 1;
  #opening: Promise<OwnRouter> | null = null;
  /** Set before its table is here, which `follow` brings. */
  #router: OwnRouter | null = null;
  /** Set when it can route. */
  #openRouter: OwnRouter | null = null;
  #gateway: GatewayRoad | null = null;

  constructor(options: CallsOptions) {
    this.#options = options;
    const newRequestId = newIdSource(Math.random, options.replica.replace(/[^A-Za-z0-9._:-]/g, '-'));
    this.roads = {
      routed: { submit: (query, sink) => this.#submit(query, sink), newRequestId, block: null },
      sync: { submit: (query, sink) => this.#viaGateway(query, sink), newRequestId, block: (ref) => this.#block(ref) },
      requireEndpoint: async (name) => (await this.#open()).requireEndpoint(name),
    };
    this.controls = Object.fromEntries(
      CONTROL_NAMES.map((method) => [method, (...args: unknown[]) => this.#ask(method, args)]),
    ) as unknown as Controls;
  }

  follow(change: TableChange | null): void {
    this.#router?.follow(change);
  }

  replied(id: number, value: unknown, error: ErrorEnvelope | null): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) asked?.reject(unpackError(error));
    else asked?.resolve(value);
  }

  find(requestId: string): readonly QueryTrace[] {
    return this.#openRouter?.find(requestId) ?? [];
  }

  handOverMeters(): void {
    this.#openRouter?.handOverMeters();
  }

  #submit(query: Query, sink: AnswerSink): QueryTicket {
    return this.#linked(sink, (linked, origin) =>
      this.#openRouter
        ? this.#openRouter.submit(query, linked, origin)
        : lateTicket(this.#open(), (router) => router.submit(query, linked, origin)),
    );
  }

  #viaGateway(query: Query, sink: AnswerSink): QueryTicket {
    return this.#linked(sink, (linked, { lineage }) => this.#openGateway().submit(query, linked, lineage));
  }

  /** Who gave the query up that user code runs for gave up what it asks of others, too. */
  #linked(sink: AnswerSink, submit: (sink: AnswerSink, origin: Origin) => QueryTicket): QueryTicket {
    const caller = this.#options.lineage.getStore();
    if (!caller) return submit(sink, FROM_OUTSIDE);
    let isSettled = false;
    let unlink = (): void => {};
    const settled = (): void => {
      isSettled = true;
      unlink();
    };
    const linked: AnswerSink = {
      answered(answer) {
        settled();
        sink.answered(answer);
      },
      failed(error) {
        settled();
        sink.failed(error);
      },
    };
    const lineage = `${caller.lineage} ${this.#options.replica}`.trimStart();
    const ticket = submit(linked, { lineage, calledBy: caller.requestIds });
    if (!isSettled) unlink = caller.onAborted(() => ticket.cancel());
    return ticket;
  }

  /** Health checks know of it. */
  #block(ref: ObjectRef): void {
    const { premises } = this.#options;
    premises.blocks(true);
    try {
      this.#openGateway().block(ref);
    } finally {
      premises.blocks(false);
    }
  }

  #open(): Promise<OwnRouter> {
    this.#opening ??= this.#loadRouter();
    return this.#opening;
  }

  async #loadRouter(): Promise<OwnRouter> {
    const { OwnRouter } = await import('./own-router.ts');
    const router = new OwnRouter(this.#options);
    this.#router = router;
    this.#options.premises.post({ type: 'subscribe' });
    await router.ready;
    this.#openRouter = router;
    return router;
  }

  #openGateway(): GatewayRoad {
    this.#gateway ??= this.#options.premises.openGateway(this.#options.revive);
    return this.#gateway;
  }

  async #ask(method: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#nextAsk++;
    const asked = Promise.withResolvers<unknown>();
    try {
      this.#options.premises.post({ type: 'ask', id, method, args });
    } catch (cause) {
      throw new ServeError('INVALID_ARGUMENT', `${method}() takes plain data only; these arguments cannot be sent`, {
        cause,
      });
    }
    this.#asked.set(id, asked);
    return asked.promise;
  }
}
