/** Metrics of a user's own, made in a replica's code and shown on the instance's metrics page. */
import { createRequire } from 'node:module';
import type {
  Counter,
  CounterConfiguration,
  Gauge,
  GaugeConfiguration,
  Histogram,
  HistogramConfiguration,
  Registry,
} from 'prom-client';
import { ServeError } from '../errors.ts';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** prom-client's own options; the registry is the replica's. */
export type CounterOptions<Label extends string = string> = Omit<CounterConfiguration<Label>, 'registers'>;
export type GaugeOptions<Label extends string = string> = Omit<GaugeConfiguration<Label>, 'registers'>;
export type HistogramOptions<Label extends string = string> = Omit<HistogramConfiguration<Label>, 'registers'>;

/**
 * Makes prom-client metrics, labelled on the page with the backend and the replica. Asked again for the same name and
 * kind, it gives the metric made first, so that a class may make its metrics in its constructor. Throws
 * INVALID_ARGUMENT when the name is in use for another kind, or for options that prom-client refuses.
 */
export interface UserMetrics {
  counter<Label extends string = string>(options: CounterOptions<Label>): Counter<Label>;
  gauge<Label extends string = string>(options: GaugeOptions<Label>): Gauge<Label>;
  histogram<Label extends string = string>(options: HistogramOptions<Label>): Histogram<Label>;
  /** What the page needs, plain. A metric whose `collect` fails is there by name, with `error`. */
  toJSON(): Promise<unknown[]>;
}

type PromClient = typeof import('prom-client');
type Metric = Counter | Gauge | Histogram;

interface Loaded {
  readonly prom: PromClient;
  readonly registry: Registry;
}

/** The metrics of one replica. `labels` are added at export; a metric's own label of that name wins (prom-client). */
export function createUserMetrics(labels: { readonly backend: string; readonly replica: string }): UserMetrics {
  const metrics = new Map<string, Metric>();
  let loaded: Loaded | null = null;

  function load(): Loaded {
    // 46 ms to load: only replicas that use it pay. Synchronous, because constructors are.
    const prom: PromClient = createRequire(import.meta.url)('prom-client');
    return { prom, registry: new prom.Registry() };
  }

  /** The metric of that name if there is one of the kind, else a new one. `kind` is for the message alone. */
  function metric<M extends Metric>(
    kind: 'Counter' | 'Gauge' | 'Histogram',
    options: CounterOptions | GaugeOptions | HistogramOptions,
    isKind: (metric: Metric, prom: PromClient) => metric is M,
    make: (prom: PromClient, registry: Registry) => M,
  ): M {
    loaded ??= load();
    const { prom, registry } = loaded;
    const existing = metrics.get(options?.name);
    if (existing === undefined) {
      const made = refusing(options?.name, () => make(prom, registry));
      metrics.set(options.name, made);
      return made;
    }
    if (isKind(existing, prom)) return existing;
    throw new ServeError(
      'INVALID_ARGUMENT',
      `metric '${options.name}' is a ${existing.constructor.name} already, got a ${kind}: give one another name`,
    );
  }

  return {
    counter: <Label extends string>(options: CounterOptions<Label>) =>
      metric(
        'Counter',
        options,
        (found, prom): found is Counter<Label> => found instanceof prom.Counter,
        (prom, registry) => new prom.Counter({ ...options, registers: [registry] }),
      ),
    gauge: <Label extends string>(options: GaugeOptions<Label>) =>
      metric(
        'Gauge',
        options,
        (found, prom): found is Gauge<Label> => found instanceof prom.Gauge,
        (prom, registry) => new prom.Gauge({ ...options, registers: [registry] }),
      ),
    histogram: <Label extends string>(options: HistogramOptions<Label>) =>
      metric(
        'Histogram',
        options,
        (found, prom): found is Histogram<Label> => found instanceof prom.Histogram,
        (prom, registry) => new prom.Histogram({ ...options, registers: [registry] }),
      ),
    toJSON: () => Promise.all([...metrics].map(([name, one]) => toPlain(name, one, labels))),
  };
}

/** One by one, not by the registry: there a single `collect` that throws would take all others with it. */
async function toPlain(name: string, metric: Metric, defaults: Readonly<Record<string, string>>): Promise<unknown> {
  try {
    const { help, type, aggregator, values } = await metric.get();
    return {
      name,
      help,
      type,
      aggregator,
      values: values.map(({ labels, ...sample }) => ({
        value: sample.value,
        labels: { ...defaults, ...labels },
        ...('metricName' in sample && { metricName: sample.metricName }),
      })),
    };
  } catch (error) {
    return { name, error: `collect failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function refusing<M>(name: string, make: () => M): M {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServeError('INVALID_ARGUMENT', `metric '${name}': ${reason}`, { cause: error });
  }
}
