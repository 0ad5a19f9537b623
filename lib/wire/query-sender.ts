/** The router's end of a connection to a replica (or to the instance): sends queries, hands out what comes back. */
import type { HttpAnswer } from '../domain/query.ts';
import { responseOf } from './answered-response.ts';
import { Channel } from './channel.ts';
import type { SenderClaims } from './claims.ts';
import { type ErrorEnvelope, packError, unpackFailure } from './error-envelope.ts';
import { Inflow, Outflow } from './flow.ts';
import { ANSWER_FLAG, FRAME, QUERY_FLAG } from './frames.ts';
import { flagsOf, GONE, type OutgoingQuery, type SenderOptions, type SentQuery } from './outgoing-query.ts';
import type { Port } from './port.ts';
import { type MessageTooLong, tooLong } from './too-long.ts';
import { confinedHere, unpack } from './value.ts';

interface Sent {
  sink: SentQuery | null;
  body: Outflow | null;
  answer: Inflow | null;
  /** How many messages had left before its own, and where it stands in that. */
  readonly message: number;
  readonly at: number;
}

export class QuerySender {
  readonly #channel: Channel;
  readonly #claims: SenderClaims;
  readonly #sent: (Sent | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #options: SenderOptions;
  #inFlight = 0;
  #isLost = false;
  #isOver = false;
  #others = 0;

  constructor(port: Port, claims: SenderClaims, options: SenderOptions) {
    this.#options = options;
    this.#claims = claims;
    const { crossesProcesses } = claims;
    const unsendable = (frame: readonly unknown[], reason: MessageTooLong): void => {
      if (frame[0] !== FRAME.query) return;
      this.#free(frame[1] as number)?.sink?.failed(packError(tooLong('what is sent', reason)), 0, null);
    };
    this.#channel = new Channel(port, this.#receive, () => this.#end(), { crossesProcesses, unsendable });
    port.unref();
  }

  /** Slots in use: sent and not yet ended by the replica. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Who waits for what is in flight. */
  get sinks(): SentQuery[] {
    return this.#sent.flatMap((sent) => sent?.sink ?? []);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Queries that the replica holds of others, as far as it has told: only one in another process does. */
  get others(): number {
    return this.#others;
  }

  /** Returns the slot, by which the query can be cancelled until it ends. */
  send(query: OutgoingQuery, sink: SentQuery): number {
    const { request } = query;
    const confined = request.confined ?? null;
    if (confined !== null && this.#claims.crossesProcesses) {
      sink.failed(packError(confinedHere(confined)), 0, null);
      return NO_SLOT;
    }
    const slot = this.#freeSlots.pop() ?? this.#newSlot();
    this.#claims.reset(slot);
    const { body } = request;
    const stream = body === null || ArrayBuffer.isView(body) ? null : body;
    const out = this.#channel.outgoing();
    const sent: Sent = { sink, body: null, answer: null, message: this.#channel.messages, at: out.length };
    this.#sent[slot] = sent;
    if (this.#inFlight++ === 0) this.#channel.port.ref();
    // A whole body is never transferred: a query that does not start here is sent again elsewhere.
    out.push(
      FRAME.query, slot, flagsOf(query), request.method, request.url, request.headers, request.pathParams,
      request.queryParams, request.data, stream ? null : body, request.id, query.callMethod, query.lineage, query.route,
    ); // biome-ignore format: one frame, one line
    // It starts to flow with the first credit, which comes when user code reads: until then it can still go elsewhere.
    if (stream) sent.body = new Outflow(this.#channel, slot, stream, 'request body', () => {});
    return slot;
  }

  /** Takes the query back if it has not started (returns true: it never will), else asks the replica to abort it. */
  cancel(slot: number, code: 'CANCELLED' | 'TIMEOUT'): boolean {
    const sent = this.#sent[slot];
    if (!sent) return true;
    sent.sink = null;
    const unsent = this.#channel.unsent(sent.message);
    if (unsent) {
      unsent[sent.at + FLAGS] = (unsent[sent.at + FLAGS] as number) | QUERY_FLAG.takenBack;
      return true;
    }
    const isRevoked = this.#claims.revoke(slot);
    this.#channel.outgoing().push(FRAME.cancel, slot, code);
    return isRevoked;
  }

  /** Sends what waits in this turn's batch now. */
  flush(): void {
    this.#channel.flush();
  }

  /** Handles what has arrived, for a caller that blocks its event loop. */
  drain(): void {
    this.#channel.drain();
  }

  /**
   * The replica is gone or about to be: nothing more is sent, and every query in flight ends. Where it is another
   * process, they end when its end closes the port: until then it may start one.
   */
  lose(): void {
    this.#isLost = true;
    if (!this.#claims.crossesProcesses || this.#inFlight === 0) this.#end();
  }

  #end(): void {
    this.#isLost = true;
    if (this.#isOver) return;
    this.#isOver = true;
    // Answers that had left before the end are in the port already, and count.
    this.#channel.drain();
    for (let slot = 0; slot < this.#sent.length; slot++) {
      const sent = this.#sent[slot];
      if (!sent) continue;
      this.#sent[slot] = undefined;
      const started = !this.#claims.revoke(slot);
      const gone = unpackFailure({ ...GONE, cause: null });
      sent.answer?.fail(gone);
      if (started || sent.sink === null) sent.body?.stop(gone);
      else sent.body?.leaveToOthers();
      sent.sink?.lost(started);
    }
    this.#inFlight = 0;
    this.#channel.close();
    this.#claims.close();
  }

  /** Ends the connection when nothing is in flight any more; else it ends with the last answer. */
  closeWhenIdle(): void {
    this.#closesWhenIdle = true;
    if (this.#inFlight === 0) this.lose();
  }

  #closesWhenIdle = false;

  #newSlot(): number {
    const slot = this.#sent.length;
    this.#sent.push(undefined);
    const page = this.#claims.addSlot(slot);
    if (page) this.#channel.outgoing().push(FRAME.page, 0, page);
    return slot;
  }

  #free(slot: number): Sent | undefined {
    const sent = this.#sent[slot];
    if (!sent) return undefined;
    this.#sent[slot] = undefined;
    this.#freeSlots.push(slot);
    sent.body?.stop(new Error('the query has ended'));
    if (--this.#inFlight === 0) {
      this.#channel.port.unref();
      // Later, so that answers further on in the same batch are not cut off.
      if (this.#closesWhenIdle) setImmediate(() => this.#inFlight === 0 && this.lose());
    }
    // Whoever waited has been told before, when the slot was still taken: only now is there room for the next.
    if (sent.sink === null) this.#options.onRoom();
    return sent;
  }

  #receive = (f: unknown[]): void => {
    let i = 0;
    while (i < f.length) {
      const slot = f[i + 1] as number;
      switch (f[i]) {
        case FRAME.value:
          this.#value(slot, f[i + 2], f[i + 3] as number, f[i + 4] as number, f[i + 5] as number);
          i += 6;
          break;
        case FRAME.http:
          this.#http(slot, f, i);
          i += 9;
          break;
        case FRAME.failure:
          this.#free(slot)?.sink?.failed(f[i + 2] as ErrorEnvelope, f[i + 3] as number, f[i + 4] as number | null);
          i += 5;
          break;
        case FRAME.refused:
          // Unless its caller gave it up, it goes elsewhere, its body with it.
          if (this.#sent[slot]?.sink) this.#sent[slot]?.body?.leaveToOthers();
          this.#free(slot)?.sink?.refused();
          i += 2;
          break;
        case FRAME.room:
          this.#options.onRoom();
          i += 2;
          break;
        case FRAME.chunk:
          this.#sent[slot]?.answer?.chunk(f[i + 2], f[i + 3] as boolean);
          i += 4;
          break;
        case FRAME.end:
          this.#free(slot)?.answer?.end();
          i += 2;
          break;
        case FRAME.broken:
          this.#free(slot)?.answer?.broken(f[i + 2] as ErrorEnvelope);
          i += 3;
          break;
        case FRAME.credit:
          this.#sent[slot]?.body?.grant(f[i + 2] as number);
          i += 3;
          break;
        case FRAME.stop:
          this.#sent[slot]?.body?.stop(new Error('the backend reads no further'));
          i += 2;
          break;
        case FRAME.others:
          this.#others = f[i + 2] as number;
          i += 3;
          break;
        case FRAME.batch:
          this.#options.onBatch(f[i + 2] as number);
          i += 3;
          break;
        default:
          throw new Error(`unknown frame ${String(f[i])} from a replica`);
      }
    }
  };

  #value(slot: number, value: unknown, flags: number, waitMs: number, tookMs: number): void {
    if (flags === 0) {
      this.#free(slot)?.sink?.answered(value, waitMs, tookMs);
      return;
    }
    let answer: unknown = value;
    const isResponse = (flags & ANSWER_FLAG.response) !== 0;
    if ((flags & ANSWER_FLAG.inMotion) !== 0) {
      const stream = this.#inflow(slot);
      if (!stream) return;
      answer = isResponse ? responseOf(value as HttpAnswer, stream) : stream;
      this.#settle(slot)?.answered(answer, waitMs, tookMs);
      return;
    }
    try {
      if (isResponse) answer = responseOf(value as HttpAnswer, (value as HttpAnswer).body);
      else if ((flags & ANSWER_FLAG.parts) !== 0) answer = unpack(value, this.#options.revive);
    } catch (error) {
      this.#free(slot)?.sink?.failed(packError(error), waitMs, tookMs);
      return;
    }
    this.#free(slot)?.sink?.answered(answer, waitMs, tookMs);
  }

  #http(slot: number, f: unknown[], i: number): void {
    const [status, headers, contentType] = [f[i + 2] as number, f[i + 3] as string | null, f[i + 4] as string | null];
    const whole = f[i + 5] as string | Uint8Array | null;
    const [inMotion, waitMs, tookMs] = [f[i + 6] as boolean, f[i + 7] as number, f[i + 8] as number];
    if (!inMotion) {
      this.#free(slot)?.sink?.answered(
        { status, headers, contentType, body: whole } satisfies HttpAnswer,
        waitMs,
        tookMs,
      );
      return;
    }
    const body = this.#inflow(slot) as ReadableStream<Uint8Array> | null;
    if (body) this.#settle(slot)?.answered({ status, headers, contentType, body } satisfies HttpAnswer, waitMs, tookMs);
  }

  /** Opens the answer's stream; null when nobody waits for it any more (its cancellation is under way). */
  #inflow(slot: number): ReadableStream<unknown> | null {
    const sent = this.#sent[slot];
    if (!sent?.sink) return null;
    sent.answer = new Inflow(this.#channel, slot, this.#options.revive, 'at-once');
    return sent.answer.stream;
  }

  /** The sink of a query that goes on as a stream: told once, and not again when the stream ends. */
  #settle(slot: number): SentQuery | null {
    const sent = this.#sent[slot];
    const sink = sent?.sink ?? null;
    if (sent) sent.sink = null;
    return sink;
  }
}

/** Where a query's frame has its flags. */
const FLAGS = 2;
/** Stands for a slot where a query was refused before it had one. */
const NO_SLOT = -1;
