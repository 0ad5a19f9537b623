import type { BackendPerformance } from '../domain/performance.ts';
import type { Stats } from '../domain/stats.ts';
import { BATCH_SIZE_BUCKETS, Histogram, type HistogramCounts, LATENCY_BUCKETS_MS } from './histogram.ts';
import { type LatencyDelta, LatencySummary } from './latency-summary.ts';
import { type BatchesDelta, RecentBatches } from './recent-batches.ts';

/** Where a router records the queries of one backend. */
export interface BackendMeter {
  /**
   * A query has ended: `queueMs` before user code, `processingMs` in it, or null when user code never ran; then it
   * counts as a request, and an error if it failed, but has no processing time. `now`: a monotonic clock, ms.
   */
  finished(queueMs: number, processingMs: number | null, failed: boolean, now: number): void;
  /** User code got a batch of `size` queries. */
  ranBatch(size: number, now: number): void;
}

/** The numbers of one backend since the start. */
export interface BackendCounts {
  readonly requests: number;
  readonly errors: number;
  readonly queuing: HistogramCounts;
  readonly processing: HistogramCounts;
  readonly batchSizes: HistogramCounts;
  /** Starts per replica tag. */
  readonly replicaStarts: readonly (readonly [replica: string, starts: number])[];
}

export interface BackendDelta extends BackendCounts {
  readonly latencies: Readonly<Record<Part, LatencyDelta | null>>;
  readonly batches: BatchesDelta;
}

/** On what a query's time is spent, and all of it. */
type Part = Exclude<keyof BackendPerformance, 'batches'>;

// A backend whose replicas keep dying gets new tags for ever; the page must not grow with it.
const MAX_REPLICA_TAGS = 1_000;

/** The numbers of one backend. */
export class BackendSeries implements BackendMeter {
  readonly #latencies = { queue: new LatencySummary(), processing: new LatencySummary(), total: new LatencySummary() };
  readonly #queuing = new Histogram(LATENCY_BUCKETS_MS);
  readonly #processing = new Histogram(LATENCY_BUCKETS_MS);
  readonly #batchSizes = new Histogram(BATCH_SIZE_BUCKETS);
  readonly #batches = new RecentBatches();
  readonly #replicaStarts = new Map<string, number>();
  #requests = 0;
  #errors = 0;

  finished(queueMs: number, processingMs: number | null, failed: boolean, now: number): void {
    this.#requests += 1;
    if (failed) this.#errors += 1;
    this.#queuing.observe(queueMs);
    if (processingMs !== null) this.#processing.observe(processingMs);
    this.#latencies.queue.record(queueMs, failed, now);
    this.#latencies.processing.record(processingMs, failed, now);
    this.#latencies.total.record(queueMs + (processingMs ?? 0), failed, now);
  }

  ranBatch(size: number, now: number): void {
    this.#batchSizes.observe(size);
    this.#batches.record(size, now);
  }

  /** Counts starts of a replica. Beyond 1 000 tags the one that was new the longest ago is forgotten. */
  replicaStarted(replica: string, starts = 1): void {
    this.#replicaStarts.set(replica, (this.#replicaStarts.get(replica) ?? 0) + starts);
    if (this.#replicaStarts.size <= MAX_REPLICA_TAGS) return;
    for (const oldest of this.#replicaStarts.keys()) {
      this.#replicaStarts.delete(oldest);
      return;
    }
  }

  counts(): BackendCounts {
    return {
      requests: this.#requests,
      errors: this.#errors,
      queuing: this.#queuing.counts(),
      processing: this.#processing.counts(),
      batchSizes: this.#batchSizes.counts(),
      replicaStarts: [...this.#replicaStarts],
    };
  }

  stats(now: number): Stats {
    return this.#latencies.processing.stats(now);
  }

  performance(now: number): BackendPerformance {
    const { queue, processing, total } = this.#latencies;
    return {
      queue: queue.distribution(now),
      processing: processing.distribution(now),
      total: total.distribution(now),
      batches: this.#batches.distribution(now),
    };
  }

  /** Takes everything out; null when there was nothing. */
  takeDelta(): BackendDelta | null {
    const batches = this.#batches.takeDelta();
    if (this.#requests === 0 && this.#replicaStarts.size === 0 && batches.length === 0) return null;
    const { queue, processing, total } = this.#latencies;
    const latencies = { queue: queue.takeDelta(), processing: processing.takeDelta(), total: total.takeDelta() };
    const delta = { ...this.counts(), latencies, batches };
    this.#requests = 0;
    this.#errors = 0;
    this.#queuing.reset();
    this.#processing.reset();
    this.#batchSizes.reset();
    this.#replicaStarts.clear();
    return delta;
  }

  merge(delta: BackendDelta, now: number): void {
    this.#requests += delta.requests;
    this.#errors += delta.errors;
    this.#queuing.merge(delta.queuing);
    this.#processing.merge(delta.processing);
    this.#batchSizes.merge(delta.batchSizes);
    this.#batches.merge(delta.batches, now);
    for (const [replica, starts] of delta.replicaStarts) this.replicaStarted(replica, starts);
    for (const part of ['queue', 'processing', 'total'] as const) {
      const latency = delta.latencies[part];
      if (latency !== null) this.#latencies[part].merge(latency, now);
    }
  }
}
