/** How a load goes, by the quarter of a second; a long one by longer times, so that a picture has room for all of it. */
import type { OpenLoopState } from './open-loop.ts';
import { type Quantiles, quantilesOf } from './quantiles.ts';

export interface LoadMoment {
  /** From the beginning to its end, in seconds. */
  readonly s: number;
  /** null: nothing was answered in this time. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Good answers, and failures, per second. */
  readonly rate: number;
  readonly errorRate: number;
}

/** Twice as many are put together by twos. */
const MOST = 160;

export class LoadTimeline {
  readonly #state: OpenLoopState;
  /** Moments that are put together before they are kept. */
  #together = 1;
  #pending: LoadMoment[] = [];
  #kept: LoadMoment[] = [];
  #answered = 0;
  #failed = 0;
  #atS = 0;

  constructor(state: OpenLoopState) {
    this.#state = state;
  }

  /** What has come since it was asked before; null: no answer did. */
  take(): Quantiles | null {
    const { latencies, failed, startedAtMs } = this.#state;
    const latency = quantilesOf(latencies.from(this.#answered));
    const s = (performance.now() - startedAtMs) / 1000;
    const seconds = Math.max(s - this.#atS, 1e-3);
    this.#add({
      ...{ s, p50Ms: latency?.p50Ms ?? null, p95Ms: latency?.p95Ms ?? null },
      rate: (latencies.length - this.#answered) / seconds,
      errorRate: (failed - this.#failed) / seconds,
    });
    [this.#answered, this.#failed, this.#atS] = [latencies.length, failed, s];
    return latency;
  }

  /** Whether anything has happened that is in no moment yet. */
  get isBehind(): boolean {
    return this.#state.latencies.length > this.#answered || this.#state.failed > this.#failed;
  }

  get moments(): readonly LoadMoment[] {
    return this.#pending.length === 0 ? this.#kept : [...this.#kept, put(this.#pending)];
  }

  #add(moment: LoadMoment): void {
    this.#pending.push(moment);
    if (this.#pending.length < this.#together) return;
    this.#kept.push(put(this.#pending));
    this.#pending = [];
    if (this.#kept.length < 2 * MOST) return;
    this.#kept = Array.from({ length: MOST }, (_, at) => put(this.#kept.slice(2 * at, 2 * at + 2)));
    this.#together *= 2;
  }
}

/** Together: the largest latencies, so that no peak is lost, and the mean rates. At least one. */
function put(moments: readonly LoadMoment[]): LoadMoment {
  const largest = (of: (moment: LoadMoment) => number | null): number | null => {
    const known = moments.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const mean = (of: (moment: LoadMoment) => number): number =>
    moments.reduce((sum, moment) => sum + of(moment), 0) / moments.length;
  return {
    s: moments.at(-1)?.s ?? 0,
    ...{ p50Ms: largest(({ p50Ms }) => p50Ms), p95Ms: largest(({ p95Ms }) => p95Ms) },
    ...{ rate: mean(({ rate }) => rate), errorRate: mean(({ errorRate }) => errorRate) },
  };
}
