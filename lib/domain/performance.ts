/** How fast an instance answers, on what the time is spent, and what its replicas use for it. */
import type { BackendTag } from './backend.ts';
import type { ReplicaTag } from './replica.ts';

/** Latencies of the last 55 to 60 s, of all routers together: percentiles of each query, never of percentiles. */
export interface LatencyDistribution {
  readonly count: number;
  /** By nearest rank, within 1.2 %; null when nothing was counted. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Ascending, four to an octave; as many as there is anything to show. */
  readonly histogram: readonly HistogramBucket[];
}

export interface HistogramBucket {
  /** Its upper bound. Its lower one is the bound before, also where that bucket is left out at the low end. */
  readonly upToMs: number;
  readonly count: number;
}

/** The batches that user code got in the last 55 to 60 s, also those of one query. Methods that take no arrays run none. */
export interface BatchDistribution {
  readonly count: number;
  /** In all of them, as `sizes` tells. */
  readonly queries: number;
  /** Ascending; those that there were. Above 128 they are told by their first two digits. */
  readonly sizes: readonly { readonly size: number; readonly count: number }[];
}

export interface EndpointPerformance {
  /** From when the endpoint took a query on until its caller had the answer. */
  readonly callers: LatencyDistribution;
  /** How many queries of the last 55 to 60 s each backend has answered, or failed, for callers; no shadow's copies. */
  readonly answered: Record<BackendTag, number>;
}

/** A shadow's copies count here. */
export interface BackendPerformance {
  /** Waiting for a replica and in it, before the user's code. */
  readonly queue: LatencyDistribution;
  /** The user's code; of those that reached it. */
  readonly processing: LatencyDistribution;
  readonly total: LatencyDistribution;
  readonly batches: BatchDistribution;
}

/** Null: not known yet, or not here. */
export interface ReplicaUsage {
  /** Cores, since it was looked at before: 1 is one core all the time. */
  readonly cpu: number | null;
  /** Of a process what it holds of the machine's memory, of a thread its heap and the buffers that the heap holds. */
  readonly memoryBytes: number | null;
  /** The share of the time in which its event loop ran something, in [0, 1], since it was looked at before. Of a thread. */
  readonly eventLoop: number | null;
}

export const UNKNOWN_USAGE: ReplicaUsage = Object.freeze({ cpu: null, memoryBytes: null, eventLoop: null });

export interface InstancePerformance {
  /** Of the instance, as in `status()`. */
  readonly revision: number;
  readonly endpoints: Record<string, EndpointPerformance>;
  readonly backends: Record<BackendTag, BackendPerformance>;
  readonly replicas: Record<ReplicaTag, ReplicaUsage>;
}
