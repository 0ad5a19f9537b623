/** How a load went, and how that looks. */
import { escapeControls } from '../../lib/index.ts';
import { bar, columnChart, paint } from '../display/paint.ts';
import { clipped } from '../display/width.ts';
import { messageOf } from '../message-of.ts';
import type { Look } from '../session/protocol.ts';
import type { LoadMoment } from './load-timeline.ts';
import type { OpenLoopState } from './open-loop.ts';
import { type Quantiles, quantilesOf } from './quantiles.ts';
import { countText, percentText, preciseText, rateText } from './units.ts';

export interface LoadGiven {
  /** Requests per second. Default 10. */
  readonly rps?: number;
  /** Default 10 000. */
  readonly forMs?: number;
  /** Of each request. Default: none. */
  readonly data?: unknown;
  /** Over HTTP; else by handle. Default false. */
  readonly http?: boolean;
  /** Over HTTP, to this path of the endpoint. Default: its route. */
  readonly path?: string;
}

export interface LoadResult {
  readonly endpoint: string;
  readonly rps: number;
  /** From the first that was sent to the last answer. */
  readonly ms: number;
  readonly sent: number;
  readonly answered: number;
  /** Good answers per second. */
  readonly rate: number;
  /** Of good answers, from when each was to be sent; null: there were none. */
  readonly latency: Quantiles | null;
  /** How late requests were sent, which is a part of their latency. */
  readonly lateness: Quantiles | null;
  readonly errors: readonly LoadError[];
  /** Given up as the load ended. */
  readonly unanswered: number;
  readonly isInterrupted: boolean;
  /** p95 of each quarter of a second; 0 where nothing was answered. */
  readonly p95Ms: readonly number[];
  /** Its course, in 320 moments at most. */
  readonly timeline: readonly LoadMoment[];
}

export interface LoadError {
  readonly code: string;
  readonly count: number;
  /** Of the first of them. */
  readonly message: string;
}

/** Failures by their code. */
export class ErrorCounts {
  readonly #counts = new Map<string, { count: number; readonly message: string }>();

  add(error: unknown): void {
    const code = codeOf(error);
    const known = this.#counts.get(code);
    if (known) known.count++;
    else this.#counts.set(code, { count: 1, message: messageOf(error) });
  }

  /** The most frequent first. */
  get list(): readonly LoadError[] {
    return [...this.#counts].map(([code, of]) => ({ code, ...of })).sort((a, b) => b.count - a.count);
  }
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'Error';
}

export function resultOf(
  endpoint: string,
  rps: number,
  state: OpenLoopState,
  rest: Pick<LoadResult, 'errors' | 'isInterrupted' | 'p95Ms' | 'timeline'>,
): LoadResult {
  const ms = Math.max(state.endedAtMs - state.startedAtMs, 0);
  const answered = state.latencies.length;
  return {
    ...{ endpoint, rps, ms, sent: state.sent, answered, unanswered: state.unanswered },
    rate: ms === 0 ? 0 : (answered / ms) * 1000,
    latency: quantilesOf(state.latencies.from(0)),
    lateness: quantilesOf(state.lateness.from(0)),
    ...rest,
  };
}

const BAR_COLUMNS = 24;
const CHART_ROWS = 5;

export interface Progress {
  readonly endpoint: string;
  readonly rps: number;
  readonly forMs: number;
  readonly state: OpenLoopState;
  readonly atMs: number;
  readonly p95Ms: readonly number[];
  readonly moments: readonly LoadMoment[];
  /** Of the last quarter of a second. */
  readonly latency: Quantiles | null;
}

export function progressText({ endpoint, forMs, state, atMs, p95Ms, latency }: Progress, look: Look): string {
  const passed = Math.min((atMs - state.startedAtMs) / forMs, 1);
  const seconds = `${(Math.min(atMs - state.startedAtMs, forMs) / 1000).toFixed(1)} of ${forMs / 1000} s`;
  const counts = [
    `sent ${countText(state.sent)}`,
    `answered ${countText(state.latencies.length)}`,
    `waiting ${countText(state.inFlight)}`,
    state.failed === 0 ? 'errors 0' : paint(look, 'red', `errors ${countText(state.failed)}`),
  ].join('  ');
  const now = latency === null ? [] : [`now: p50 ${preciseText(latency.p50Ms)}  p95 ${preciseText(latency.p95Ms)}`];
  return [
    clipped(
      `${endpoint}  ${bar(passed, BAR_COLUMNS)}  ${percentText(Math.floor(passed * 100) / 100)}  ${seconds}`,
      look.columns,
    ),
    counts,
    ...now,
    ...chartOf(p95Ms, look),
  ].join('\n');
}

export function loadText(result: LoadResult, look: Look): string {
  const { endpoint, rps, ms, sent, answered, rate, latency, lateness, errors, unanswered, isInterrupted } = result;
  const head = `${endpoint}: ${countText(sent)} sent at ${rateText(rps)} in ${preciseText(ms)}`;
  const all = [`${countText(answered)} answered, ${rateText(rate)}`];
  if (unanswered > 0) all.push(`${countText(unanswered)} given up`);
  return [
    ...chartOf(result.p95Ms, look),
    `${paint(look, 'bold', clipped(head, look.columns))}${isInterrupted ? ' (ended early)' : ''}`,
    all.join(', '),
    ...(latency === null ? [] : quantileLines(latency, look)),
    ...(lateness !== null && latency !== null && lateness.p99Ms > latency.p50Ms
      ? [`of that, sending was late: p50 ${preciseText(lateness.p50Ms)}  p99 ${preciseText(lateness.p99Ms)}`]
      : []),
    ...errors.map(({ code, count, message }) =>
      paint(look, 'red', clipped(`${countText(count)} × ${code}: ${escapeControls(message)}`, look.columns)),
    ),
  ].join('\n');
}

const quantileLines = ({ minMs, meanMs, p50Ms, p95Ms, p99Ms, maxMs }: Quantiles, look: Look): readonly string[] => [
  paint(look, 'bold', `p50 ${preciseText(p50Ms)}   p95 ${preciseText(p95Ms)}   p99 ${preciseText(p99Ms)}`),
  `mean ${preciseText(meanMs)}   min ${preciseText(minMs)}   max ${preciseText(maxMs)}`,
];

function chartOf(p95Ms: readonly number[], look: Look): readonly string[] {
  if (p95Ms.every((value) => value === 0)) return [];
  const chart = columnChart(p95Ms, { width: Math.min(look.columns, 80), height: CHART_ROWS, unit: preciseText });
  return [paint(look, 'dim', 'p95, by the quarter of a second'), paint(look, 'cyan', chart)];
}
