/**
 * Over the last 60 s. Rates per second; latencies in ms as the caller saw them (endpoint) or as user code took
 * (backend); null when nothing ran.
 */
export interface Stats {
  readonly rate: number;
  readonly errorRate: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** What an idle or unknown endpoint or backend shows. */
export const NO_STATS: Stats = Object.freeze({ rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null });
