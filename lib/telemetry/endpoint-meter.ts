import type { Stats } from '../domain/stats.ts';
import { type LatencyDelta, LatencySummary } from './latency-summary.ts';

/** Where a router records the queries of one endpoint. */
export interface EndpointMeter {
  /** A router has taken the query on. */
  routed(): void;
  /** The caller has its answer or its failure, `totalMs` after the query was taken on. `now`: a monotonic clock, ms. */
  finished(totalMs: number, failed: boolean, now: number): void;
}

export interface EndpointDelta {
  readonly routed: number;
  readonly latency: LatencyDelta | null;
}

/** The numbers of one endpoint. */
export class EndpointSeries implements EndpointMeter {
  readonly #latency = new LatencySummary();
  #routed = 0;

  routed(): void {
    this.#routed += 1;
  }

  finished(totalMs: number, failed: boolean, now: number): void {
    this.#latency.record(totalMs, failed, now);
  }

  /** Queries taken on since the start. */
  get count(): number {
    return this.#routed;
  }

  stats(now: number): Stats {
    return this.#latency.stats(now);
  }

  /** Takes everything out; null when there was nothing. */
  takeDelta(): EndpointDelta | null {
    const latency = this.#latency.takeDelta();
    const routed = this.#routed;
    this.#routed = 0;
    return routed === 0 && latency === null ? null : { routed, latency };
  }

  merge({ routed, latency }: EndpointDelta, now: number): void {
    this.#routed += routed;
    if (latency !== null) this.#latency.merge(latency, now);
  }
}
