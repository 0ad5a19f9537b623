/** Calls that block the replica's thread: the instance routes them, since a router here would block, too. */
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import { type ErrorEnvelope, unpackFailure } from '../wire/error-envelope.ts';
import type { SentQuery } from '../wire/outgoing-query.ts';
import type { QuerySender } from '../wire/query-sender.ts';
import type { Premises } from './premises.ts';

export class Gateway {
  readonly #premises: Premises;
  readonly #sender: QuerySender;
  readonly #wake: Int32Array;

  constructor(premises: Premises, revive: (part: Part) => unknown) {
    this.#premises = premises;
    const { sender, wake } = premises.openGateway({ revive, onRoom: () => {} });
    this.#wake = wake;
    this.#sender = sender;
  }

  submit(query: Query, sink: AnswerSink, lineage: string): QueryTicket {
    const { endpoint, request, callMethod, answerAs, shardKey, timeoutMs } = query;
    const route = { endpoint, shardKey, timeoutMs };
    const slot = this.#sender.send({ request, callMethod, answerAs, lineage, route }, new GatewayQuery(sink));
    return { cancel: () => void this.#sender.cancel(slot, 'CANCELLED') };
  }

  /** Blocks the thread until `ref` is settled; health checks know of it. */
  block(ref: ObjectRef): void {
    this.#sender.flush();
    this.#premises.blocks(true);
    try {
      while (!ref.isSettled) {
        const seen = Atomics.load(this.#wake, 0);
        this.#sender.drain();
        if (!ref.isSettled) Atomics.wait(this.#wake, 0, seen);
      }
    } finally {
      this.#premises.blocks(false);
    }
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
