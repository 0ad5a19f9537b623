import type { BackendTag } from '../domain/backend.ts';
import type { EndpointPerformance } from '../domain/performance.ts';
import type { Stats } from '../domain/stats.ts';
import { type LatencyDelta, LatencySummary } from './latency-summary.ts';
import { RecentCounts } from './recent-counts.ts';

/** Where a router records the queries of one endpoint. */
export interface EndpointMeter {
  /** A router has taken the query on. */
  routed(): void;
  /**
   * The caller has its answer or its failure, from this backend, `totalMs` after the query was taken on. `now`: a
   * monotonic clock, ms.
   */
  finished(totalMs: number, failed: boolean, now: number, backend: BackendTag): void;
}

export interface EndpointDelta {
  readonly routed: number;
  readonly latency: LatencyDelta | null;
  readonly answered: readonly (readonly [backend: BackendTag, count: number])[];
}

/** The numbers of one endpoint. */
export class EndpointSeries implements EndpointMeter {
  readonly #latency = new LatencySummary();
  readonly #answered = new Map<BackendTag, RecentCounts>();
  #routed = 0;

  routed(): void {
    this.#routed += 1;
  }

  finished(totalMs: number, failed: boolean, now: number, backend: BackendTag): void {
    this.#latency.record(totalMs, failed, now);
    this.#answeredBy(backend, now).add(1, now);
  }

  /** Queries taken on since the start. */
  get count(): number {
    return this.#routed;
  }

  stats(now: number): Stats {
    return this.#latency.stats(now);
  }

  performance(now: number): EndpointPerformance {
    return { callers: this.#latency.distribution(now), answered: Object.fromEntries(this.#recent(now)) };
  }

  /** Takes everything out; null when there was nothing. */
  takeDelta(): EndpointDelta | null {
    const latency = this.#latency.takeDelta();
    const routed = this.#routed;
    this.#routed = 0;
    if (routed === 0 && latency === null) return null;
    // At no time that anything has left by.
    const answered = this.#recent(Number.NEGATIVE_INFINITY);
    this.#answered.clear();
    return { routed, latency, answered };
  }

  merge({ routed, latency, answered }: EndpointDelta, now: number): void {
    this.#routed += routed;
    if (latency !== null) this.#latency.merge(latency, now);
    for (const [backend, count] of answered) this.#answeredBy(backend, now).add(count, now);
  }

  /** Backends come and go: what has not answered for a minute is forgotten when another one appears. */
  #answeredBy(backend: BackendTag, now: number): RecentCounts {
    let counts = this.#answered.get(backend);
    if (counts === undefined) {
      for (const [tag, old] of this.#answered) if (old.total(now) === 0) this.#answered.delete(tag);
      counts = new RecentCounts();
      this.#answered.set(backend, counts);
    }
    return counts;
  }

  #recent(now: number): [BackendTag, number][] {
    return [...this.#answered]
      .map(([tag, counts]): [BackendTag, number] => [tag, counts.total(now)])
      .filter(([, count]) => count > 0);
  }
}
