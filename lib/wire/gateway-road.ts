/**
 * Queries that the instance routes for somebody elsewhere: for code in a replica that blocks for their results, since a
 * router beside it would block, too, and for clients in other processes.
 */
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import { startedAtOnce } from './claims.ts';
import { type ErrorEnvelope, unpackFailure } from './error-envelope.ts';
import type { SentQuery } from './outgoing-query.ts';
import type { Port } from './port.ts';
import { QuerySender } from './query-sender.ts';

/** What one can wait for. */
interface Settling {
  readonly isSettled: boolean;
}

export class GatewayRoad {
  readonly #port: Port;
  readonly #sender: QuerySender;
  readonly #wake: Int32Array | null;

  /**
   * `wake` is counted up after each message that comes, for `block`, and its second number is 1 once the instance was
   * reached; null: nobody blocks here, and it was.
   */
  constructor(
    port: Port,
    options: { revive: (part: Part) => unknown; crossesProcesses: boolean; wake: Int32Array | null },
  ) {
    const { revive, crossesProcesses, wake } = options;
    this.#sender = new QuerySender(port, startedAtOnce(crossesProcesses), {
      revive,
      onRoom: () => {},
      onBatch: () => {},
    });
    this.#port = port;
    this.#wake = wake;
  }

  get isLost(): boolean {
    return this.#sender.isLost;
  }

  submit(query: Query, sink: AnswerSink, lineage = ''): QueryTicket {
    const { endpoint, request, callMethod, answerAs, shardKey, timeoutMs } = query;
    const route = { endpoint, shardKey, timeoutMs };
    const slot = this.#sender.send({ request, callMethod, answerAs, lineage, route }, new GatewayQuery(sink, this));
    return { cancel: () => void this.#sender.cancel(slot, 'CANCELLED') };
  }

  /** Blocks the thread until `ref` is settled. */
  block(ref: Settling): void {
    const wake = this.#wake;
    if (wake === null) throw new Error('this road cannot block');
    this.#sender.flush();
    while (!ref.isSettled) {
      const seen = Atomics.load(wake, 0);
      this.#sender.drain();
      if (!ref.isSettled) Atomics.wait(wake, 0, seen);
    }
  }

  /** Whether anything that was sent can have arrived. */
  get wasReached(): boolean {
    return this.#wake === null || this.#wake.length < 2 || Atomics.load(this.#wake, 1) === 1;
  }

  /** Queries under way fail. */
  close(): void {
    this.#port.close();
  }

  /** Queries under way end as they would; none may follow. */
  closeWhenIdle(): void {
    this.#sender.closeWhenIdle();
  }
}

/** A query that the instance routes for us. */
class GatewayQuery implements SentQuery {
  readonly #sink: AnswerSink;
  readonly #road: GatewayRoad;

  constructor(sink: AnswerSink, road: GatewayRoad) {
    this.#sink = sink;
    this.#road = road;
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
    this.#sink.failed(
      this.#road.wasReached
        ? new ServeError('REPLICA_DIED', 'the instance is gone, and with it what this query was to become')
        : new ServeError('INSTANCE_NOT_FOUND', 'the instance has ended; start one with `servelab start`'),
    );
  }
}
