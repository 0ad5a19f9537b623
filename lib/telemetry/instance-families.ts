/** The toolkit's own metrics. Names and labels are Ray Serve's; units and labels that Ray lacks are in the contract. */
import { BATCH_SIZE_BUCKETS, type HistogramCounts, LATENCY_BUCKETS_MS } from './histogram.ts';
import type { MetersCounts } from './meters.ts';
import type { MetricFamily, MetricSample } from './metric-family.ts';

/** What a replica holds at this moment. */
export interface ReplicaGauge {
  readonly backend: string;
  readonly replica: string;
  /** Sent to it and waiting there. */
  readonly queued: number;
  /** In user code. */
  readonly processing: number;
}

type Labels = MetricSample['labels'];

/** The instance's numbers as metric families. Pure. */
export function instanceFamilies(counts: MetersCounts, gauges: readonly ReplicaGauge[]): MetricFamily[] {
  return [...backendFamilies(counts.backends), ...replicaFamilies(gauges), ...trafficFamilies(counts)];
}

function backendFamilies(backends: MetersCounts['backends']): MetricFamily[] {
  return [
    counter(
      'serve_backend_request_counter',
      'Queries that have ended, failed ones too.',
      backends.map(({ backend, requests }) => ({ value: requests, labels: { backend } })),
    ),
    counter(
      'serve_backend_error_counter',
      'Queries that have failed.',
      backends.map(({ backend, errors }) => ({ value: errors, labels: { backend } })),
    ),
    counter(
      'serve_backend_replica_starts',
      'Starts of each replica.',
      backends.flatMap(({ backend, replicaStarts }) =>
        replicaStarts.map(([replica, starts]) => ({ value: starts, labels: { backend, replica } })),
      ),
    ),
    histogram(
      'serve_backend_queuing_latency_ms',
      'Time before user code, in ms.',
      backends.map(({ backend, queuing }) => ({ labels: { backend }, counts: queuing })),
    ),
    histogram(
      'serve_backend_processing_latency_ms',
      'Time in user code, in ms.',
      backends.map(({ backend, processing }) => ({ labels: { backend }, counts: processing })),
    ),
    histogram(
      'serve_backend_batch_size',
      'Queries in each batch that user code got.',
      // Most backends never get one, and a histogram is many lines.
      backends
        .filter(({ batchSizes }) => batchSizes.sum > 0)
        .map(({ backend, batchSizes }) => ({ labels: { backend }, counts: batchSizes })),
      BATCH_SIZE_BUCKETS,
    ),
  ];
}

function replicaFamilies(gauges: readonly ReplicaGauge[]): MetricFamily[] {
  return [
    gauge(
      'serve_replica_queued_queries',
      'Queries waiting in the replica.',
      gauges.map(({ backend, replica, queued }) => ({ value: queued, labels: { backend, replica } })),
    ),
    gauge(
      'serve_replica_processing_queries',
      'Queries in user code.',
      gauges.map(({ backend, replica, processing }) => ({ value: processing, labels: { backend, replica } })),
    ),
  ];
}

function trafficFamilies({ endpoints, http }: MetersCounts): MetricFamily[] {
  return [
    counter(
      'serve_num_router_requests',
      'Queries taken on by routers.',
      endpoints.map(({ endpoint, routed }) => ({ value: routed, labels: { endpoint } })),
    ),
    counter(
      'serve_num_http_requests',
      'HTTP requests answered, by route pattern.',
      http.flatMap(({ route, method, statuses }) =>
        statuses.map(([status, requests]) => ({ value: requests, labels: { route, method, status } })),
      ),
    ),
    histogram(
      'serve_http_latency_ms',
      'Time from an HTTP request to its answer, in ms.',
      http.map(({ route, method, latency }) => ({ labels: { route, method }, counts: latency })),
    ),
  ];
}

const counter = (name: string, help: string, values: readonly MetricSample[]): MetricFamily => ({
  name,
  help,
  type: 'counter',
  aggregator: 'sum',
  values,
});

/** A value of this moment. */
export const gauge = (name: string, help: string, values: readonly MetricSample[]): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  aggregator: 'sum',
  values,
});

const histogram = (
  name: string,
  help: string,
  series: readonly { readonly labels: Labels; readonly counts: HistogramCounts }[],
  bounds = LATENCY_BUCKETS_MS,
): MetricFamily => ({
  name,
  help,
  type: 'histogram',
  aggregator: 'sum',
  values: series.flatMap(({ labels, counts }) => histogramSamples(name, bounds, labels, counts)),
});

/** Prometheus counts a value in its own bucket and in every larger one. */
function histogramSamples(
  name: string,
  bounds: readonly number[],
  labels: Labels,
  { counts, sum }: HistogramCounts,
): MetricSample[] {
  let reached = 0;
  const buckets = counts.map((count, at) => {
    reached += count;
    return {
      metricName: `${name}_bucket`,
      labels: { le: bounds[at] ?? '+Inf', ...labels },
      value: reached,
    };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: reached },
  ];
}
