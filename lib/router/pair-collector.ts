/**
 * The pairs of a trial: what callers got, and what the backend on trial answered to copies of their queries. Whoever
 * compares them is elsewhere, as that may run a user's code; here they wait to be taken, and only so many.
 */
import { plainCopy } from '../domain/plain-copy.ts';
import type { AnswerSink, HttpAnswer, Query, QueryRequest } from '../domain/query.ts';
import type {
  TrialLeftOut,
  TrialOpening,
  TriedAnswer,
  TriedPair,
  TriedPairs,
  TriedRequest,
  TriedSide,
} from '../domain/trial.ts';
import type { ServeError } from '../errors.ts';

/** What one answer, or a request, may count for. */
const MOST_BYTES_EACH = 1024 * 1024;
/** What all that wait may. */
const MOST_BYTES = 8 * MOST_BYTES_EACH;
const MOST_UNDER_WAY = 1000;
/** What leaves at a time, about: serialising it holds up the loop for some milliseconds. */
const BYTES_TAKEN = MOST_BYTES_EACH;
const PAIRS_TAKEN = 100;
/** Characters of a message. */
const LONGEST = 500;

interface Held<T> {
  readonly value: T;
  readonly bytes: number;
}

interface Ready extends Held<TriedPair> {}

export class PairCollector {
  readonly #opening: TrialOpening;
  readonly #onReady: () => void;
  readonly #ready: Ready[] = [];
  readonly #leftOut = { tooLarge: 0, cancelled: 0, overflow: 0 };
  #underWay = 0;
  #bytes = 0;
  #given = 0;
  #isOver: TriedPairs['isOver'] = null;
  #isStopped = false;

  constructor(opening: TrialOpening, onReady: () => void) {
    this.#opening = opening;
    this.#onReady = onReady;
  }

  /** Whether a query with this draw is to be copied. */
  wants(draw: number): boolean {
    if (this.#isOver !== null || this.#isStopped || draw >= this.#opening.shadow) return false;
    if (this.#given + this.#ready.length + this.#underWay >= this.#opening.count) return false;
    if (this.#underWay < MOST_UNDER_WAY && this.#bytes < MOST_BYTES - MOST_BYTES_EACH) return true;
    this.#leftOut.overflow++;
    return false;
  }

  /** The sinks for a query and its copy. Its caller is told through the first, before anything else is done with it. */
  begin(query: Query, caller: AnswerSink): { readonly own: AnswerSink; readonly copy: AnswerSink } {
    this.#underWay++;
    const pair = new PairUnderWay(this.#opening.withRequests ? requestOf(query.request) : NO_REQUEST, query.request.id);
    if (!this.#hold(pair, pair.request.bytes)) this.#leaveOut(pair, 'tooLarge');
    const startedAt = performance.now();
    const sideOf = (answer: Held<TriedAnswer> | null): Held<TriedSide> | null =>
      answer && { bytes: answer.bytes, value: { answer: answer.value, latencyMs: performance.now() - startedAt } };
    return {
      own: {
        answered: (answer) => {
          caller.answered(answer);
          this.#came(pair, 'old', sideOf(answerOf(answer, query.answerAs)));
        },
        failed: (error) => {
          caller.failed(error);
          if (error.code === 'CANCELLED' || error.code === 'CLIENT_CLOSED') this.#leaveOut(pair, 'cancelled');
          else this.#came(pair, 'old', sideOf(failureOf(error)));
        },
      },
      copy: {
        answered: (answer) => {
          this.#came(pair, 'new', sideOf(answerOf(answer, query.answerAs)));
          dropAnswer(answer);
        },
        failed: (error) => this.#came(pair, 'new', sideOf(failureOf(error))),
      },
    };
  }

  /** No more pairs are begun. */
  end(reason: 'gone'): void {
    this.#isOver ??= reason;
    this.#onReady();
  }

  /** No more copies are made; what has come stays to be taken. */
  stop(): void {
    this.#isStopped = true;
  }

  get isReady(): boolean {
    return this.#ready.length > 0 || this.#over !== null;
  }

  /** What is ready, about a mebibyte of it. */
  take(): TriedPairs {
    const pairs: TriedPair[] = [];
    for (let bytes = 0; pairs.length < PAIRS_TAKEN && bytes < BYTES_TAKEN; ) {
      const ready = this.#ready.shift();
      if (!ready) break;
      bytes += ready.bytes;
      this.#bytes -= ready.bytes;
      pairs.push(ready.value);
    }
    this.#given += pairs.length;
    return { pairs, leftOut: this.leftOut, isOver: this.#ready.length === 0 ? this.#over : null };
  }

  get leftOut(): TrialLeftOut {
    return { ...this.#leftOut, unanswered: this.#underWay };
  }

  get #over(): TriedPairs['isOver'] {
    return this.#given + this.#ready.length >= this.#opening.count ? 'count' : this.#isOver;
  }

  #came(pair: PairUnderWay, which: 'old' | 'new', side: Held<TriedSide> | null): void {
    if (pair.isOver) return;
    if (side === null) {
      this.#leaveOut(pair, 'tooLarge');
      return;
    }
    if (!this.#hold(pair, side.bytes)) {
      this.#leaveOut(pair, 'overflow');
      return;
    }
    pair[which] = side.value;
    const whole = pair.whole();
    if (whole === null) return;
    pair.isOver = true;
    this.#underWay--;
    this.#ready.push({ value: whole, bytes: pair.bytes });
    this.#onReady();
  }

  #hold(pair: PairUnderWay, bytes: number): boolean {
    if (this.#bytes + bytes > MOST_BYTES) return false;
    this.#bytes += bytes;
    pair.bytes += bytes;
    return true;
  }

  #leaveOut(pair: PairUnderWay, why: 'tooLarge' | 'cancelled' | 'overflow'): void {
    if (pair.isOver) return;
    pair.isOver = true;
    this.#underWay--;
    this.#bytes -= pair.bytes;
    this.#leftOut[why]++;
  }
}

class PairUnderWay {
  readonly request: Held<TriedRequest | null>;
  readonly requestId: string;
  old: TriedSide | null = null;
  new: TriedSide | null = null;
  bytes = 0;
  isOver = false;

  constructor(request: Held<TriedRequest | null>, requestId: string) {
    this.request = request;
    this.requestId = requestId;
  }

  whole(): TriedPair | null {
    const { requestId, request, old, new: its } = this;
    return old && its && { requestId, request: request.value, old, new: its };
  }
}

const NO_REQUEST: Held<null> = { value: null, bytes: 0 };

/** Of one that is too large so many bytes that it cannot be held. */
function requestOf({ id, source, method, url, pathParams, ...given }: QueryRequest): Held<TriedRequest | null> {
  const { queryParams, body, dataHasParts } = given;
  const whole = body instanceof Uint8Array ? body : null;
  const copy = plainCopy({ queryParams, data: dataHasParts ? undefined : given.data, whole }, MOST_BYTES_EACH);
  if (copy === null) return { value: null, bytes: Number.POSITIVE_INFINITY };
  const { data, ...others } = copy.value as { queryParams: unknown; data: unknown; whole: Uint8Array | null };
  const request = { id, source, method, url, pathParams, queryParams: others.queryParams, data, body: others.whole };
  return { value: request, bytes: copy.bytes + url.length };
}

/** Null: too large. */
function answerOf(answer: unknown, answerAs: Query['answerAs']): Held<TriedAnswer> | null {
  if (answerAs === 'http') return httpAnswerOf(answer as HttpAnswer);
  if (answer instanceof ReadableStream) return streamed(null, null, null);
  if (answer instanceof Response) {
    const { status, headers } = answer;
    return streamed(status, [...headers].flat().join('\n') || null, headers.get('content-type'));
  }
  const copy = plainCopy(answer, MOST_BYTES_EACH);
  return copy && { value: { is: 'value', value: copy.value }, bytes: copy.bytes };
}

function httpAnswerOf({ status, headers, contentType, body }: HttpAnswer): Held<TriedAnswer> | null {
  if (body instanceof ReadableStream) return streamed(status, headers, contentType);
  const copy = plainCopy(body, MOST_BYTES_EACH);
  if (copy === null) return null;
  const value = { is: 'http', status, headers, contentType, body: copy.value as typeof body } as const;
  return { value, bytes: copy.bytes + (headers?.length ?? 0) };
}

const streamed = (status: number | null, headers: string | null, contentType: string | null): Held<TriedAnswer> => ({
  value: { is: 'stream', status, headers, contentType },
  bytes: headers?.length ?? 0,
});

function failureOf(error: ServeError): Held<TriedAnswer> {
  const { code, cause } = error;
  const name = code === 'BACKEND_ERROR' && cause instanceof Error ? clip(cause.name) : null;
  const message = clip(error.message);
  return { value: { is: 'error', code, name, message }, bytes: message.length };
}

const clip = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** A copy's streamed answer has no reader: its source is told so. */
export function dropAnswer(answer: unknown): void {
  const body = answer instanceof ReadableStream ? answer : (answer as { body?: unknown } | null)?.body;
  if (body instanceof ReadableStream) body.cancel().catch(() => {});
}
