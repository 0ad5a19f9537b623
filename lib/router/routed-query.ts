/** One query on its way: waiting for a replica, sent to one, or over. Its sink is told the end exactly once. */
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';
import { ServeError, type ServeErrorCode } from '../errors.ts';
import { type ErrorEnvelope, unpackFailure } from '../wire/error-envelope.ts';
import type { OutgoingQuery, SentQuery } from '../wire/outgoing-query.ts';
import type { Connection } from './connection.ts';
import { notesWith, type Place, type QueryTraces, type TraceNotes, type TraceRow } from './query-traces.ts';
import type { ReplicaSet } from './replica-set.ts';
import type { EndpointMeter } from './router.ts';

export interface RoutedParts {
  readonly endpoint: EndpointEntry;
  readonly set: ReplicaSet;
  /** Null: a shadow's copy, which counts for its backend alone. */
  readonly meter: EndpointMeter | null;
  readonly sink: AnswerSink;
  readonly traces: QueryTraces;
  /** Its place among the queries of the router. */
  readonly number: number;
  readonly draw: number;
  readonly notes: TraceNotes | null;
  /** The replicas whose calls led here, newest last, joined by spaces. */
  readonly lineage: string;
}

export class RoutedQuery implements OutgoingQuery, SentQuery, QueryTicket {
  readonly request: OutgoingQuery['request'];
  readonly callMethod: string | null;
  readonly answerAs: 'http' | 'value';
  readonly lineage: string;
  readonly route = null;
  readonly arrivedAt = performance.now();
  readonly endpoint: EndpointEntry;
  /** How often it was sent to a replica that then died after it had started. */
  retries = 0;
  /** The deadline that had passed before the query could be routed: it only expires. Null: there is time left, or no deadline. */
  readonly lateAfterMs: number | null;
  /** Whether it stands in its set's queue. */
  isWaiting = false;
  readonly #set: ReplicaSet;
  readonly #meter: EndpointMeter | null;
  readonly #sink: AnswerSink;
  readonly number: number;
  readonly draw: number;
  /** A replica once it was sent there, until it comes back. */
  place: Place;
  notes: TraceNotes | null;
  sentAt = Number.NaN;
  readonly #traces: QueryTraces;
  #connection: Connection | null = null;
  #slot = 0;
  #deadline: NodeJS.Timeout | null = null;
  #waitLimit: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(query: Query, options: RoutedParts) {
    this.request = query.request;
    this.callMethod = query.callMethod;
    this.answerAs = query.answerAs;
    this.lineage = options.lineage;
    this.endpoint = options.endpoint;
    this.#set = options.set;
    this.#meter = options.meter;
    this.#sink = options.sink;
    this.#traces = options.traces;
    this.number = options.number;
    this.draw = options.draw;
    this.notes = options.notes;
    this.place = options.set.place;
    const limit = shorter(query.timeoutMs, options.set.requestTimeoutMs);
    const spentMs = query.spentMs ?? 0;
    this.lateAfterMs = limit !== null && limit <= spentMs ? limit : null;
    if (limit !== null && limit > spentMs) this.#deadline = setTimeout(() => this.expire(limit), limit - spentMs);
  }

  /** As it is now. */
  get row(): TraceRow {
    const { request, endpoint, number, place, draw, notes, arrivedAt, sentAt } = this;
    const times = { arrivedAt, sentAt, waitMs: Number.NaN, tookMs: Number.NaN, endedAt: Number.NaN };
    return { id: request.id, endpoint, number, place, draw, notes, ...times, outcome: 'pending' };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  sendTo(connection: Connection): void {
    // The usual case needs no second look at the clock.
    const isFirst = !this.isWaiting && Number.isNaN(this.sentAt);
    this.sentAt = isFirst ? this.arrivedAt : performance.now();
    this.isWaiting = false;
    this.#connection = connection;
    this.place = connection.place;
    this.#slot = connection.send(this);
  }

  answered(answer: unknown, waitMs: number, tookMs: number): void {
    if (!this.#over('ok', this.#queueMs() + waitMs, waitMs, tookMs)) return;
    this.#sink.answered(answer);
    this.#set.placeFreed();
  }

  failed(envelope: ErrorEnvelope, waitMs: number, tookMs: number | null): void {
    if (!this.#over(envelope.code ?? 'BACKEND_ERROR', this.#queueMs() + waitMs, waitMs, tookMs)) return;
    this.#sink.failed(unpackFailure(envelope));
    this.#set.placeFreed();
  }

  refused(): void {
    const connection = this.#connection;
    this.#connection = null;
    if (connection) {
      connection.hasRefused = true;
      this.#gaveBack(connection.tag, 'full');
    }
    if (!this.#isOver) this.#set.routeAgain(this);
  }

  lost(started: boolean): void {
    const replica = this.#connection?.tag ?? 'a replica';
    this.#connection = null;
    if (this.#isOver) return;
    if (!started || this.#set.mayRunAgain(this)) {
      this.#gaveBack(replica, 'died');
      this.#set.routeAgain(this);
      return;
    }
    const message =
      `replica '${replica}' died after this query had started, so its outcome is unknown; ` +
      'check before you repeat it, or create the endpoint with idempotent: true';
    this.end(new ServeError('REPLICA_DIED', message));
  }

  /** Ends the query with a failure that was found on this side. */
  end(error: ServeError): void {
    const now = performance.now();
    const connection = this.#connection;
    const wasStarted = connection !== null && !connection.cancel(this.#slot, error.code);
    this.#connection = null;
    const tookMs = wasStarted ? now - this.sentAt : null;
    if (!this.#over(error.code, now - this.arrivedAt, Number.NaN, tookMs)) return;
    if (this.isWaiting) this.#set.leaveQueue(this);
    this.#sink.failed(error);
    this.#set.placeFreed();
  }

  cancel(): void {
    if (!this.#isOver) this.end(new ServeError('CANCELLED', 'the query was cancelled by its caller'));
  }

  /** Ends the query with `failure()` unless it has been sent by then. */
  limitWait(withinMs: number, failure: () => ServeError): void {
    this.#waitLimit ??= setTimeout(() => {
      if (!this.#connection) this.end(failure());
    }, withinMs);
  }

  expire(limitMs: number): void {
    const waiting = this.lateAfterMs === null ? 'waiting for a replica' : 'still sending its body';
    const where = this.#connection ? 'being answered' : waiting;
    const message = `no answer within ${limitMs} ms (the query was ${where}); raise requestTimeoutMs or add replicas`;
    this.end(new ServeError('TIMEOUT', message));
  }

  #gaveBack(replica: ReplicaTag, because: 'full' | 'died'): void {
    this.place = this.#set.place;
    this.notes = notesWith(this.notes, { replica, because });
  }

  #queueMs(): number {
    return this.sentAt - this.arrivedAt;
  }

  /** `queueMs`: wherever it has waited; `waitMs`: at the replica, NaN where nobody knows. */
  #over(outcome: 'ok' | ServeErrorCode, queueMs: number, waitMs: number, tookMs: number | null): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#deadline) clearTimeout(this.#deadline);
    if (this.#waitLimit) clearTimeout(this.#waitLimit);
    const now = performance.now();
    const failed = outcome !== 'ok';
    this.#traces.add(this, outcome, waitMs, tookMs ?? Number.NaN, now);
    this.#set.meter.finished(queueMs, tookMs, failed, now);
    this.#meter?.finished(now - this.arrivedAt, failed, now, this.#set.tag);
    this.#set.queryEnded(this);
    return true;
  }
}

const shorter = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
