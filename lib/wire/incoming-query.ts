/** A query at the replica: answered, failed, refused or given up, and its slot freed exactly once by whichever is first. */
import type { Part } from '../domain/part.ts';
import type { HttpAnswer, QueryRequest } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import type { ErrorEnvelope } from './error-envelope.ts';
import { Inflow, Outflow } from './flow.ts';
import { ANSWER_FLAG, FRAME, QUERY_FLAG } from './frames.ts';
import type { OutgoingQuery } from './outgoing-query.ts';
import type { QueryReceiver } from './query-receiver.ts';
import { confinedHere, copyView, type Packed, pack, packSettled, unpack } from './value.ts';

/** Why a caller gave a query up. */
export type AbortCode = 'CANCELLED' | 'TIMEOUT';

export class IncomingQuery {
  readonly request: QueryRequest;
  readonly callMethod: string | null;
  readonly answerAs: 'http' | 'value';
  readonly lineage: string;
  readonly route: OutgoingQuery['route'];
  readonly receivedAt = performance.now();
  /** When user code began; null before. */
  startedAt: number | null = null;
  /** Called once when the query ends, however it ends; the executor frees what it holds for it. */
  onEnd: (() => void) | null = null;
  bodyFlow: Inflow | null = null;
  answerFlow: Outflow | null = null;
  readonly #receiver: QueryReceiver;
  readonly #slot: number;
  #isOver = false;
  #abortListeners: Set<(code: AbortCode) => void> | null = null;
  #aborted: AbortCode | null = null;

  constructor(receiver: QueryReceiver, slot: number, f: unknown[], i: number) {
    this.#receiver = receiver;
    this.#slot = slot;
    const flags = f[i + 2] as number;
    const revive = receiver.hooks.revive;
    const hasParts = (flags & QUERY_FLAG.dataHasParts) !== 0;
    let body = f[i + 9] as QueryRequest['body'];
    if ((flags & QUERY_FLAG.bodyInMotion) !== 0) {
      this.bodyFlow = new Inflow(receiver.channel, slot, revive ?? noParts, 'when-read');
      body = this.bodyFlow.stream as ReadableStream<Uint8Array>;
    }
    this.request = {
      source: (flags & QUERY_FLAG.fromHttp) !== 0 ? 'http' : 'handle',
      method: f[i + 3] as string,
      url: f[i + 4] as string,
      headers: f[i + 5] as string,
      pathParams: f[i + 6] as QueryRequest['pathParams'],
      queryParams: (hasParts && revive ? unpack(f[i + 7], revive) : f[i + 7]) as QueryRequest['queryParams'],
      data: hasParts && revive ? unpack(f[i + 8], revive) : f[i + 8],
      dataHasParts: hasParts && !revive,
      body,
      id: f[i + 10] as string,
    };
    this.callMethod = f[i + 11] as string | null;
    this.lineage = f[i + 12] as string;
    this.route = f[i + 13] as OutgoingQuery['route'];
    this.answerAs = (flags & QUERY_FLAG.answerAsHttp) !== 0 ? 'http' : 'value';
  }

  /** What a composed call is called by. */
  get requestIds(): string {
    return this.request.id;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** `listener` is called when the caller goes away or the deadline passes, at once if it has; returns what takes it back. */
  onAborted(listener: (code: AbortCode) => void): () => void {
    if (this.#aborted) listener(this.#aborted);
    if (this.#isOver) return () => {};
    this.#abortListeners ??= new Set();
    this.#abortListeners.add(listener);
    return () => this.#abortListeners?.delete(listener);
  }

  /** Says "started", just before user code runs. False: the router took the query back, it must not run. */
  start(): boolean {
    if (this.#isOver) return false;
    if (!this.#receiver.claim(this.#slot)) return false;
    this.startedAt = performance.now();
    return true;
  }

  /** Says, by the time it is answered, that it is the first one of a batch. */
  tellBatch(size: number): void {
    this.#receiver.channel.unhurried().push(FRAME.batch, 0, size);
  }

  refuse(): void {
    if (!this.#over()) return;
    this.#receiver.channel.outgoing().push(FRAME.refused, this.#slot);
  }

  fail(envelope: ErrorEnvelope): void {
    const took = this.startedAt === null ? null : this.#tookMs();
    if (!this.#over()) return;
    this.#receiver.channel.outgoing().push(FRAME.failure, this.#slot, envelope, this.#waitMs(), took);
  }

  /** Throws NOT_SERIALIZABLE, with the query still open, when `value` cannot travel. */
  answerValue(value: unknown): void {
    const packed = pack(value);
    this.#requireSendable(packed);
    if (packed.refs) {
      void this.#answerSettled(packed);
      return;
    }
    this.#value(packed.value, packed.hasParts ? ANSWER_FLAG.parts : 0);
  }

  answerStream(stream: ReadableStream<unknown>): void {
    this.#flow(stream, () => {
      this.#receiver.channel
        .outgoing()
        .push(FRAME.value, this.#slot, null, ANSWER_FLAG.inMotion, this.#waitMs(), this.#tookMs());
    });
  }

  /** A standard Response for a caller that asked for a value. */
  answerResponse(answer: HttpAnswer): void {
    const { body, ...head } = answer;
    if (body instanceof ReadableStream) {
      const flags = ANSWER_FLAG.response | ANSWER_FLAG.inMotion;
      this.#flow(body, () => {
        const out = this.#receiver.channel.outgoing();
        out.push(FRAME.value, this.#slot, { ...head, body: null }, flags, this.#waitMs(), this.#tookMs());
      });
      return;
    }
    this.#value({ ...head, body: ownBytes(body) }, ANSWER_FLAG.response);
  }

  answerHttp({ status, headers, contentType, body }: HttpAnswer): void {
    const channel = this.#receiver.channel;
    if (body instanceof ReadableStream) {
      this.#flow(body, () => {
        const timing = [this.#waitMs(), this.#tookMs()];
        channel.outgoing().push(FRAME.http, this.#slot, status, headers, contentType, null, true, ...timing);
      });
      return;
    }
    if (!this.#over()) return;
    const whole = ownBytes(body);
    channel
      .outgoing(whole)
      .push(FRAME.http, this.#slot, status, headers, contentType, whole, false, this.#waitMs(), this.#tookMs());
  }

  /** The caller is gone or the deadline has passed: the slot is free from now on, a late answer is dropped. */
  abort(code: AbortCode): void {
    if (this.#isOver) return;
    this.#tellAborted(code);
    this.answerFlow?.stop(new Error(code));
    const message = code === 'TIMEOUT' ? 'the deadline passed' : 'the caller went away';
    this.fail({ code, name: 'ServeError', message, stack: null, fields: null, cause: null });
  }

  /** The caller reads no further. */
  stopAnswer(): void {
    if (this.#isOver || !this.answerFlow) return;
    this.#tellAborted('CANCELLED');
    this.answerFlow.stop(new Error('the caller reads no further'));
    this.#receiver.channel.outgoing().push(FRAME.end, this.#slot);
    this.#over();
  }

  async #answerSettled(packed: Packed): Promise<void> {
    try {
      const settled = await packSettled(packed);
      this.#requireSendable(settled);
      this.#value(settled.value, settled.hasParts ? ANSWER_FLAG.parts : 0);
    } catch (error) {
      this.onUnsent?.(error);
    }
  }

  #requireSendable({ confined }: Packed): void {
    if (confined !== null && this.#receiver.channel.crossesProcesses) throw confinedHere(confined);
  }

  /** A result inside the answer failed; the executor says what that means for the query. */
  onUnsent: ((error: unknown) => void) | null = null;

  #value(value: unknown, flags: number): void {
    if (!this.#over()) return;
    const out = this.#receiver.channel.outgoing(value);
    out.push(FRAME.value, this.#slot, value, flags, this.#waitMs(), this.#tookMs());
  }

  #flow(stream: ReadableStream<unknown>, sendHead: () => void): void {
    if (this.#isOver) {
      stream.cancel(new Error('nobody waits any more')).catch(() => {});
      return;
    }
    this.answerFlow = new Outflow(this.#receiver.channel, this.#slot, stream, this.#receiver.hooks.name, () =>
      this.#over(),
    );
    sendHead();
    this.answerFlow.start();
  }

  #tellAborted(code: AbortCode): void {
    this.#aborted = code;
    for (const listener of this.#abortListeners ?? []) listener(code);
  }

  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#receiver.release(this.#slot);
    this.bodyFlow?.fail(new ServeError('CANCELLED', 'the query has ended; its body can no longer be read'));
    this.onEnd?.();
    return true;
  }

  #waitMs(): number {
    return (this.startedAt ?? performance.now()) - this.receivedAt;
  }

  #tookMs(): number {
    return this.startedAt === null ? 0 : performance.now() - this.startedAt;
  }
}

/** A body is bytes. */
function noParts({ kind }: Part): never {
  throw new Error(`part '${kind}' came in a request's body`);
}

function ownBytes(body: string | Uint8Array | null): string | Uint8Array | null {
  return typeof body === 'string' || body === null ? body : (copyView(body) as Uint8Array);
}
