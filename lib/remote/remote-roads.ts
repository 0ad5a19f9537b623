/** The ways of queries to an instance in another process, which routes them. A lost one is made anew for the next query. */
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import { version } from '../version.ts';
import { GatewayRoad } from '../wire/gateway-road.ts';
import { greet } from '../wire/greeting.ts';
import { lateTicket } from '../wire/late-ticket.ts';
import { startRelay } from '../wire/start-relay.ts';
import type { Reach } from './reach.ts';

/** How much later than the instance a client notices that a deadline has passed: only where the instance does not answer. */
const SLACK_MS = 1000;

export class RemoteRoads {
  readonly #reach: Reach;
  readonly #revive: (part: Part) => unknown;
  #opening: Promise<GatewayRoad> | null = null;
  /** Set while queries can be sent. */
  #road: GatewayRoad | null = null;
  #blockingRoad: GatewayRoad | null = null;
  #isClosed = false;

  constructor(reach: Reach, revive: (part: Part) => unknown) {
    this.#reach = reach;
    this.#revive = revive;
  }

  submit(query: Query, sink: AnswerSink): QueryTicket {
    return query.timeoutMs === null ? this.#send(query, sink) : this.#sendInTime(query, query.timeoutMs, sink);
  }

  submitAndBlock(query: Query, sink: AnswerSink): QueryTicket {
    try {
      const road = this.#toBlockOn();
      const ticket = road.submit(query, sink);
      if (this.#isClosed) road.closeWhenIdle();
      return ticket;
    } catch (error) {
      sink.failed(error as ServeError);
      return { cancel() {} };
    }
  }

  block(ref: ObjectRef): void {
    this.#toBlockOn().block(ref);
  }

  /** What is under way ends as it would. A handle that is used later makes a connection for as long as it needs one. */
  close(): void {
    this.#isClosed = true;
    this.#road?.closeWhenIdle();
    this.#blockingRoad?.closeWhenIdle();
    this.#opening = null;
    this.#road = null;
  }

  #send(query: Query, sink: AnswerSink): QueryTicket {
    if (this.#road && !this.#road.isLost) return this.#sendBy(this.#road, query, sink);
    return lateTicket(
      this.#open(),
      (road) => this.#sendBy(road, query, sink),
      (error) => sink.failed(error as ServeError),
    );
  }

  #sendBy(road: GatewayRoad, query: Query, sink: AnswerSink): QueryTicket {
    const ticket = road.submit(query, sink);
    if (this.#isClosed) road.closeWhenIdle();
    return ticket;
  }

  #sendInTime(query: Query, timeoutMs: number, sink: AnswerSink): QueryTicket {
    let isOver = false;
    const first = (): boolean => {
      if (isOver) return false;
      clearTimeout(timer);
      isOver = true;
      return true;
    };
    const ticket = this.#send(query, {
      answered: (answer) => (first() ? sink.answered(answer) : drop(answer)),
      failed: (error) => first() && sink.failed(error),
    });
    const timer = setTimeout(() => {
      if (!first()) return;
      ticket.cancel();
      sink.failed(new ServeError('TIMEOUT', `no answer within ${timeoutMs} ms: the instance itself does not answer`));
    }, timeoutMs + SLACK_MS);
    if (isOver) clearTimeout(timer);
    // The sink of one that is given up is told nothing.
    return { cancel: () => void (first() && ticket.cancel()) };
  }

  async #open(): Promise<GatewayRoad> {
    if (this.#road?.isLost) {
      this.#road = null;
      this.#opening = null;
    }
    this.#opening ??= this.#reach.open(async (socket) => {
      const port = await greet(socket, 'queries', version);
      port.on('close', () => this.#reach.lost());
      return new GatewayRoad(port, { revive: this.#revive, crossesProcesses: true, wake: null });
    });
    const opening = this.#opening;
    try {
      const road = await opening;
      if (this.#opening === opening) this.#road = road;
      return road;
    } catch (error) {
      if (this.#opening === opening) this.#opening = null;
      throw error;
    }
  }

  #toBlockOn(): GatewayRoad {
    if (this.#blockingRoad === null || this.#blockingRoad.isLost) {
      const { port, wake } = startRelay(this.#reach.socket, version, this.#reach.patienceMs);
      this.#blockingRoad = new GatewayRoad(port, { revive: this.#revive, crossesProcesses: true, wake });
    }
    return this.#blockingRoad;
  }
}

/** Nobody waits for it any more; where it is a stream, its source is told so. */
function drop(answer: unknown): void {
  const body = answer instanceof ReadableStream ? answer : (answer as { body?: unknown } | null)?.body;
  if (body instanceof ReadableStream) body.cancel().catch(() => {});
}
