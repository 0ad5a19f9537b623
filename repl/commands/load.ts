import { histogramPlot } from '../charts/charts.ts';
import type { HistogramPlot } from '../charts/figure.ts';
import { liveFigure, shownFigure } from '../charts/figure-shown.ts';
import { Shown } from '../display/shown.ts';
import { newId } from '../new-id.ts';
import { type Command, type CommandContext, literal, usageError } from './command.ts';
import { flagsOf, requireNoMore, requireWord } from './flags.ts';
import { loadFigure, progressFigure } from './load-figure.ts';
import {
  ErrorCounts,
  type LoadGiven,
  type LoadResult,
  loadText,
  type Progress,
  progressText,
  resultOf,
} from './load-result.ts';
import { senderTo } from './load-target.ts';
import { type LoadMoment, LoadTimeline } from './load-timeline.ts';
import { OpenLoopState, runOpenLoop } from './open-loop.ts';
import type { Quantiles } from './quantiles.ts';
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
    const live = new LiveLoad(context, { endpoint, rps, forMs }, state);
    try {
      await runOpenLoop({ rps, forMs, signal: context.signal, send }, state, (error) => errors.add(error));
    } finally {
      live.stop();
    }
    const isInterrupted = context.signal.aborted;
    const { p95Ms, timeline } = live;
    const result = resultOf(endpoint, rps, state, { errors: errors.list, isInterrupted, p95Ms, timeline });
    const shown = shownFigure(result, loadFigure(result, histogramOf(result, state)), (look) => loadText(result, look));
    live.giveWayTo(shown);
    return shown;
  },
};

function histogramOf({ latency }: LoadResult, { latencies }: OpenLoopState): HistogramPlot | null {
  if (latency === null) return null;
  const marks = { p50: latency.p50Ms, p95: latency.p95Ms, p99: latency.p99Ms };
  return { ...histogramPlot(latencies.from(0), { unit: 'ms', marks }), title: 'Latencies' };
}

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
  readonly #load: Pick<Progress, 'endpoint' | 'rps' | 'forMs'>;
  readonly #state: OpenLoopState;
  readonly #timeline: LoadTimeline;
  readonly #display = newId();
  readonly #timer: NodeJS.Timeout;

  constructor(context: CommandContext, load: Pick<Progress, 'endpoint' | 'rps' | 'forMs'>, state: OpenLoopState) {
    this.#context = context;
    this.#load = load;
    this.#state = state;
    this.#timeline = new LoadTimeline(state);
    this.#timer = setInterval(() => this.#show(), PERIOD_MS);
  }

  get timeline(): readonly LoadMoment[] {
    return this.#timeline.moments;
  }

  /** Nothing is shown any more; all that came is counted. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#timeline.isBehind) this.#take();
  }

  /** Its picture stays where it was seen to grow; its text is the cell's result. */
  giveWayTo(result: Shown<LoadResult>): void {
    if (this.p95Ms.length === 0) return;
    const text = `${this.#load.endpoint}: ${countText(this.#state.sent)} sent`;
    this.#context.display(new Shown(result.data, () => text, result.graphic), this.#display);
  }

  #take(): Quantiles | null {
    const latency = this.#timeline.take();
    this.p95Ms.push(latency?.p95Ms ?? 0);
    return latency;
  }

  #show(): void {
    const latency = this.#take();
    const moments = this.#timeline.moments;
    const progress: Progress = {
      ...{ ...this.#load, state: this.#state, p95Ms: this.p95Ms, moments, latency, atMs: performance.now() },
    };
    const { latencies, sent, failed } = this.#state;
    const data = { endpoint: this.#load.endpoint, sent, failed, answered: latencies.length };
    const shown = liveFigure(data, progressFigure(progress), (look) => progressText(progress, look));
    this.#context.display(shown, this.#display);
  }
}
