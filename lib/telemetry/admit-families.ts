/**
 * Which of the users' metrics may stand on the page. They come from replicas, where any code runs; prom-client throws
 * or prints something unreadable when it is given a bad one, and then nobody's metrics would be seen.
 */
import { type MetricFamily, type MetricSample, sampleNamesOf } from './metric-family.ts';

export interface DroppedMetric {
  readonly name: string;
  readonly reason: string;
}

export interface Admission {
  /** One list per replica, in the order given. */
  readonly admitted: readonly (readonly MetricFamily[])[];
  readonly dropped: readonly DroppedMetric[];
}

const TYPES: ReadonlySet<unknown> = new Set<MetricFamily['type']>(['counter', 'gauge', 'histogram', 'summary']);
const AGGREGATORS: ReadonlySet<unknown> = new Set(['sum', 'first', 'omit', 'average', 'min', 'max']);
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Keeps what is well-formed and uses no name of `own` nor one that a replica before it uses for another metric.
 * Pure, and never throws.
 */
export function admitFamilies(own: readonly MetricFamily[], replicas: readonly (readonly unknown[])[]): Admission {
  const owners = new Map<string, string>();
  for (const family of own) for (const name of sampleNamesOf(family)) owners.set(name, 'servelab');
  const dropped: DroppedMetric[] = [];
  const admitted = replicas.map((metrics) =>
    metrics.flatMap((metric) => {
      const family = toFamily(metric);
      const reason = typeof family === 'string' ? family : claimNames(owners, family);
      if (typeof family !== 'string' && reason === null) return [family];
      dropped.push({ name: nameOf(metric), reason: reason ?? '' });
      return [];
    }),
  );
  return { admitted, dropped };
}

/** Takes the family's sample names for it; says why not when one is taken. */
function claimNames(owners: Map<string, string>, family: MetricFamily): string | null {
  const owner = `the ${family.type} ${family.name}`;
  const names = sampleNamesOf(family);
  for (const name of names) {
    const taken = owners.get(name);
    if (taken !== undefined && taken !== owner) return `${name} belongs to ${taken}`;
  }
  for (const name of names) owners.set(name, owner);
  return null;
}

/** The metric in its checked form, or what is wrong with it. */
function toFamily(metric: unknown): MetricFamily | string {
  if (!isRecord(metric)) return 'not an object';
  const { name, help, type, aggregator = 'sum', values, error } = metric;
  if (typeof error === 'string') return error;
  // The second: prom-client finds `constructor` and the like already registered.
  if (typeof name !== 'string' || !METRIC_NAME.test(name) || name in Object.prototype) return 'bad name';
  if (typeof help !== 'string') return 'no help';
  if (!isType(type)) return 'unknown type';
  if (typeof aggregator !== 'string' || !AGGREGATORS.has(aggregator)) return 'unknown aggregator';
  if (!Array.isArray(values)) return 'no values';
  const sampleNames = sampleNamesOf({ name, type });
  const samples: MetricSample[] = [];
  for (const value of values) {
    const sample = toSample(value, type, sampleNames);
    if (sample === null) return 'bad value or label';
    samples.push(sample);
  }
  return { name, help, type, aggregator, values: samples };
}

function toSample(value: unknown, type: MetricFamily['type'], sampleNames: readonly string[]): MetricSample | null {
  if (!isRecord(value) || typeof value.value !== 'number') return null;
  const { metricName = sampleNames[0], labels = {} } = value;
  if (!isRecord(labels)) return null;
  const checked = toLabels(labels);
  if (checked === null || typeof metricName !== 'string' || !sampleNames.includes(metricName)) return null;
  if (type === 'histogram' && (metricName === sampleNames[0] || !hasBound(metricName, checked))) return null;
  // The family's own name goes unsaid: prom-client takes a sample that says it for another series.
  return { value: value.value, labels: checked, ...(metricName !== sampleNames[0] && { metricName }) };
}

/** A histogram's buckets, and nothing else of it, say where they end. */
function hasBound(metricName: string, { le }: MetricSample['labels']): boolean {
  if (!metricName.endsWith('_bucket')) return le === undefined;
  return le === '+Inf' || Number.isFinite(le);
}

function toLabels(labels: Readonly<Record<string, unknown>>): MetricSample['labels'] | null {
  const checked: [string, string | number][] = [];
  for (const [name, value] of Object.entries(labels)) {
    if (value === undefined) continue;
    if (!LABEL_NAME.test(name) || typeof value === 'function') return null;
    if (typeof value === 'object' && value !== null) return null;
    checked.push([name, typeof value === 'number' ? value : String(value)]);
  }
  return Object.fromEntries(checked);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isType = (value: unknown): value is MetricFamily['type'] => TYPES.has(value);

const nameOf = (metric: unknown): string =>
  isRecord(metric) && typeof metric.name === 'string' ? metric.name : '(no name)';
