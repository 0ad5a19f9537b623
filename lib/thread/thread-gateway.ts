/** Calls that block the replica's thread: the instance routes them, since a router here would block, too. */
import { MessageChannel } from 'node:worker_threads';
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { LOAD } from '../domain/replica.ts';
import { ServeError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import { type ErrorEnvelope, unpackFailure } from '../wire/error-envelope.ts';
import { SLOTS_PER_PAGE } from '../wire/frames.ts';
import { QuerySender, type SentQuery } from '../wire/query-sender.ts';
import type { ThreadRouterParts } from './thread-router.ts';

export interface ThreadGatewayParts {
  readonly load: Int32Array;
  readonly revive: (part: Part) => unknown;
  readonly post: ThreadRouterParts['post'];
}

export class ThreadGateway {
  readonly #load: Int32Array;
  readonly #sender: QuerySender;
  /** Counted up by the instance after each of its messages. */
  readonly #wake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor({ load, revive, post }: ThreadGatewayParts) {
    this.#load = load;
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    post({ type: 'gateway', port: port2, page, wake: this.#wake.buffer }, [port2]);
    this.#sender = new QuerySender(port1, page, { revive, onRoom: () => {} });
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
    Atomics.store(this.#load, LOAD.isBlockedInGet, 1);
    try {
      while (!ref.isSettled) {
        const seen = Atomics.load(this.#wake, 0);
        this.#sender.drain();
        if (!ref.isSettled) Atomics.wait(this.#wake, 0, seen);
      }
    } finally {
      Atomics.store(this.#load, LOAD.isBlockedInGet, 0);
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
