/**
 * Requests that are sent on schedule, whatever becomes of those before them. Latencies count from when one was to be
 * sent, so that answers that come late delay no measurement (coordinated omission).
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { Numbers } from './quantiles.ts';

export interface OpenLoop {
  /** Per second. */
  readonly rps: number;
  readonly forMs: number;
  /** Ends it early; what was sent is given up. */
  readonly signal: AbortSignal;
  /** One request; its signal aborts when it is given up. Rejects with its failure. */
  send(signal: AbortSignal): PromiseLike<unknown>;
}

/** As far as it has come, at any time. */
export class OpenLoopState {
  startedAtMs = performance.now();
  /** When the last answer came. */
  endedAtMs = this.startedAtMs;
  sent = 0;
  /** Of all that were answered well, in ms, in the order of the answers. */
  readonly latencies = new Numbers();
  /** How late each was sent, in ms: of our own doing. */
  readonly lateness = new Numbers();
  failed = 0;
  /** Given up at the end. */
  unanswered = 0;

  get inFlight(): number {
    return this.sent - this.latencies.length - this.failed - this.unanswered;
  }
}

/** After the last was sent, answers are waited for as long as this. */
const DRAIN_MS = 10_000;
/** More are not kept waiting: whoever sends faster than anything is answered runs out of memory. */
const MOST_IN_FLIGHT = 50_000;

/** Told of each failure. */
type Failed = (error: unknown) => void;

export class TooManyInFlight extends Error {
  override readonly name = 'TooManyInFlight';
}

/** Resolves when all are answered or given up. `failed`: a request's failure is no failure of this. */
export async function runOpenLoop(given: OpenLoop, state: OpenLoopState, failed: Failed): Promise<void> {
  const { rps, forMs, signal } = given;
  const giveUp = new AbortController();
  setMaxListeners(0, giveUp.signal); // one for each request on its way
  const loop = new Sender(given, state, failed, giveUp.signal);
  const count = Math.max(1, Math.floor((rps * forMs) / 1000));
  state.startedAtMs = performance.now();
  state.endedAtMs = state.startedAtMs;
  for (let next = 0; next < count && !signal.aborted; ) {
    const now = performance.now();
    for (; next < count && dueAt(state, rps, next) <= now; next++) loop.send(dueAt(state, rps, next));
    if (next < count) await until(dueAt(state, rps, next), signal);
  }
  await loop.drained(signal);
  state.unanswered = state.inFlight;
  giveUp.abort();
}

const dueAt = ({ startedAtMs }: OpenLoopState, rps: number, index: number): number =>
  startedAtMs + (index * 1000) / rps;

/** Never late by more than the event loop is: the last millisecond, for which timers are too coarse, is spun. */
async function until(dueAtMs: number, signal: AbortSignal): Promise<void> {
  const left = dueAtMs - performance.now();
  if (left > 1.5)
    await delay(Math.floor(left - 0.5), undefined, { signal }).catch(() => {}); // the loop looks
  else await nextTurn();
}

class Sender {
  readonly #given: OpenLoop;
  readonly #state: OpenLoopState;
  readonly #failed: Failed;
  readonly #giveUp: AbortSignal;
  #answered: (() => void) | null = null;

  constructor(given: OpenLoop, state: OpenLoopState, failed: Failed, giveUp: AbortSignal) {
    this.#given = given;
    this.#state = state;
    this.#failed = failed;
    this.#giveUp = giveUp;
  }

  send(dueAtMs: number): void {
    const state = this.#state;
    state.lateness.add(performance.now() - dueAtMs);
    state.sent++;
    if (state.inFlight > MOST_IN_FLIGHT) {
      this.#fail(new TooManyInFlight(`${MOST_IN_FLIGHT} requests wait for answers; this one was not sent`));
      return;
    }
    let request: PromiseLike<unknown>;
    try {
      request = this.#given.send(this.#giveUp);
    } catch (error) {
      this.#fail(error);
      return;
    }
    request.then(
      () => this.#end(() => state.latencies.add(performance.now() - dueAtMs)),
      (error) => this.#end(() => this.#fail(error)),
    );
  }

  /** Resolves when all have their answer, it takes too long, or the signal aborts. */
  async drained(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#state.inFlight === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#answered = () => {
      if (this.#state.inFlight === 0) resolve();
    };
    const timer = setTimeout(resolve, DRAIN_MS);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  /** What was given up is over. */
  #end(count: () => void): void {
    if (this.#giveUp.aborted) return;
    count();
    this.#state.endedAtMs = performance.now();
    this.#answered?.();
  }

  #fail(error: unknown): void {
    this.#state.failed++;
    this.#failed(error);
  }
}
