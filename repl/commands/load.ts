import { randomUUID } from 'node:crypto';
import { Shown } from '../display/shown.ts';
import { type Command, type CommandContext, literal, usageError } from './command.ts';
import { flagsOf, requireNoMore, requireWord } from './flags.ts';
import { ErrorCounts, type LoadGiven, loadText, progressText, resultOf } from './load-result.ts';
import { senderTo } from './load-target.ts';
import { OpenLoopState, runOpenLoop } from './open-loop.ts';
import { quantilesOf } from './quantiles.ts';
import { countText } from './units.ts';
import { durationOf, givenValueOf, numberOf } from './words.ts';

const USAGE = 'load <endpoint> [--rps 200] [--for 10s] [--data json] [--http] [--path /x]';
const FLAGS = { rps: 'value', for: 'value', data: 'value', http: 'alone', path: 'value' } as const;

const DEFAULT_RPS = 10;
const DEFAULT_MS = 10_000;
const MOST_RPS = 100_000;
/** A session's memory holds what so many requests took. */
const MOST_REQUESTS = 10_000_000;
/** Of what is shown while it runs. */
const PERIOD_MS = 250;

export const command: Command<[endpoint: string, given?: LoadGiven]> = {
  parse: (words) => {
    const { rest, given } = flagsOf(words, FLAGS, USAGE);
    requireNoMore(rest, 1, USAGE);
    const endpoint = requireWord(rest, 0, 'the endpoint', USAGE);
    const read: LoadGiven = {
      ...(given.rps !== undefined && { rps: numberOf(given.rps, '--rps', USAGE) }),
      ...(given.for !== undefined && { forMs: durationOf(given.for, USAGE) }),
      ...(given.data !== undefined && { data: givenValueOf(given.data, USAGE) }),
      ...(given.http !== undefined && { http: true }),
      ...(given.path !== undefined && { path: given.path }),
    };
    return Object.keys(read).length === 0 ? [endpoint] : [endpoint, read];
  },
  call: (endpoint, given) => `await show.load(${literal(endpoint)}${given === undefined ? '' : `, ${literal(given)}`})`,
  run: async (context, endpoint, given = {}) => {
    const { rps = DEFAULT_RPS, forMs = DEFAULT_MS } = given;
    requireBounds(rps, forMs);
    const send = await senderTo(context.client, endpoint, given);
    const state = new OpenLoopState();
    const errors = new ErrorCounts();
    const live = new LiveLoad(context, endpoint, forMs, state);
    try {
      await runOpenLoop({ rps, forMs, signal: context.signal, send }, state, (error) => errors.add(error));
    } finally {
      live.end();
    }
    const isInterrupted = context.signal.aborted;
    const result = resultOf(endpoint, rps, state, { errors: errors.list, isInterrupted, p95Ms: live.p95Ms });
    return new Shown(result, (look) => loadText(result, look));
  },
};

function requireBounds(rps: number, forMs: number): void {
  if (!(rps > 0 && rps <= MOST_RPS)) throw usageError(USAGE, `rps must be > 0 and <= ${MOST_RPS}, got ${rps}`);
  if (!(forMs > 0)) throw usageError(USAGE, `the time must be > 0 ms, got ${forMs}`);
  if ((rps * forMs) / 1000 > MOST_REQUESTS) {
    throw usageError(USAGE, `${(rps * forMs) / 1000} requests are more than ${MOST_REQUESTS}; take a shorter time`);
  }
}

/** What is seen of it while it runs. */
class LiveLoad {
  readonly p95Ms: number[] = [];
  readonly #context: CommandContext;
  readonly #endpoint: string;
  readonly #forMs: number;
  readonly #state: OpenLoopState;
  readonly #display = randomUUID();
  readonly #timer: NodeJS.Timeout;
  /** Of the latencies, those that are in `p95Ms`. */
  #counted = 0;

  constructor(context: CommandContext, endpoint: string, forMs: number, state: OpenLoopState) {
    this.#context = context;
    this.#endpoint = endpoint;
    this.#forMs = forMs;
    this.#state = state;
    this.#timer = setInterval(() => this.#show(), PERIOD_MS);
  }

  /** What was shown gives way to the result. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#state.latencies.length > this.#counted) this.#take();
    const { sent, failed } = this.#state;
    const data = { endpoint: this.#endpoint, sent, failed };
    const text = `${this.#endpoint}: ${countText(sent)} sent`;
    if (this.p95Ms.length > 0) this.#context.display(new Shown(data, () => text), this.#display);
  }

  #take() {
    const latency = quantilesOf(this.#state.latencies.from(this.#counted));
    this.#counted = this.#state.latencies.length;
    this.p95Ms.push(latency?.p95Ms ?? 0);
    return latency;
  }

  #show(): void {
    const latency = this.#take();
    const progress = {
      ...{ endpoint: this.#endpoint, forMs: this.#forMs, state: this.#state, p95Ms: this.p95Ms, latency },
      atMs: performance.now(),
    };
    const { latencies, sent, failed } = this.#state;
    const data = { endpoint: this.#endpoint, sent, failed, answered: latencies.length };
    this.#context.display(new Shown(data, (look) => progressText(progress, look)), this.#display);
  }
}
