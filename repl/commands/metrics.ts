import { escapeControls } from '../../lib/index.ts';
import { paint, sparkline } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import { clipped, widthOf } from '../display/width.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal, usageError } from './command.ts';
import { requireNoMore } from './flags.ts';
import { MetricSamples, type Sample } from './metric-samples.ts';
import { didYouMean } from './nearest.ts';
import type { Series } from './prometheus-text.ts';
import { rateText } from './units.ts';

const USAGE = 'metrics [filter]';

/** More of them are counted only: a filter finds them. */
const MOST_ROWS = 60;
/** For figures and the chart, in columns. */
const ROOM = 42;

export interface Metric {
  readonly family: string;
  readonly type: string;
  readonly labels: string;
  /** Of a counter and a histogram: how many; else the value. */
  readonly value: number;
  /** Since the sample before: per second for what counts, else null. */
  readonly rate: number | null;
  /** Of a histogram: the mean of what came since the sample before; null when nothing did. */
  readonly mean: number | null;
  /** For the last minute at most, oldest first: rates of what counts, else values. */
  readonly past: readonly number[];
}

export const command: Command<[filter?: string]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    const [filter] = words;
    return filter === undefined ? [] : [filter];
  },
  call: (filter) => `await show.metrics(${filter === undefined ? '' : literal(filter)})`,
  run: async ({ client, memory, signal }, filter = '') => {
    const samples = await memory.of(MetricSamples).look(client, signal);
    const all = metricsOf(samples);
    const found = all.filter(({ family, labels }) => `${family}${labels}`.includes(filter));
    if (found.length === 0 && all.length > 0) {
      const near = didYouMean(filter, [...new Set(all.map(({ family }) => family))]);
      throw usageError(USAGE, `no metric has '${escapeControls(filter)}' in its name or labels${near}`);
    }
    return new Shown(found, (look) => metricsText(found, look));
  },
};

/** Those of the newest sample. Pure. */
export function metricsOf(samples: readonly Sample[]): readonly Metric[] {
  const newest = samples.at(-1)?.series ?? [];
  const values = samples.map(({ series }) => new Map(series.map((one) => [one.name + one.labels, one.value])));
  return newest.flatMap((one): Metric[] => {
    if (one.type === 'histogram' && !one.name.endsWith('_count')) return [];
    const { family, type, labels, value } = one;
    const past = pastOf(values, one.name + labels, Number.NaN);
    if (!isCounting(one)) {
      return [
        { family, type, labels, value, rate: null, mean: null, past: past.filter((each) => !Number.isNaN(each)) },
      ];
    }
    // What was not there yet had counted nothing.
    const rates = ratesOf(samples, pastOf(values, one.name + labels, 0));
    const counted = difference(past);
    const sum = difference(pastOf(values, `${family}_sum${labels}`, 0));
    const mean = type === 'histogram' && counted > 0 ? sum / counted : null;
    return [{ family, type, labels, value, rate: rates.at(-1) ?? 0, mean, past: rates }];
  });
}

const isCounting = ({ type }: Series): boolean => type === 'counter' || type === 'histogram';

const pastOf = (values: readonly ReadonlyMap<string, number>[], key: string, missing: number): readonly number[] =>
  values.map((at) => at.get(key) ?? missing);

const difference = (past: readonly number[]): number => (past.at(-1) ?? 0) - (past.at(-2) || 0);

/** A counter that begins anew, as in an instance that came back, has counted what it shows. */
const ratesOf = (samples: readonly Sample[], past: readonly number[]): readonly number[] =>
  past.slice(1).map((value, at) => {
    const before = past[at] ?? 0;
    const seconds = ((samples[at + 1]?.atMs ?? 0) - (samples[at]?.atMs ?? 0)) / 1000;
    return seconds <= 0 ? 0 : (value >= before ? value - before : value) / seconds;
  });

export function metricsText(metrics: readonly Metric[], look: Look): string {
  if (metrics.length === 0) return 'no metrics yet';
  const shown = metrics.slice(0, MOST_ROWS);
  const width = Math.min(Math.max(...shown.map(({ labels }) => widthOf(labelsText(labels)))), look.columns - ROOM);
  const lines = shown.flatMap((metric, at) => {
    const isFirst = metric.family !== shown[at - 1]?.family;
    const title = `${paint(look, 'bold', clipped(metric.family, look.columns - 12))}  ${paint(look, 'dim', metric.type)}`;
    return [...(isFirst ? [title] : []), rowText(metric, Math.max(width, 8), look)];
  });
  const left = metrics.length - shown.length;
  return [...lines, ...(left > 0 ? [`… ${left} more: .metrics <part of a name or label>`] : [])].join('\n');
}

function rowText({ labels, value, rate, mean, past }: Metric, width: number, look: Look): string {
  const name = clipped(labelsText(labels), width);
  const figures = [
    (Number.isInteger(value) ? String(value) : value.toPrecision(4)).padStart(8),
    ...(rate === null ? [] : [rateText(rate).padStart(7)]),
    ...(mean === null ? [] : [`mean ${mean.toPrecision(3)}`]),
  ].join('  ');
  const row = `  ${name}${' '.repeat(width - widthOf(name))}  ${figures}  `;
  const chart = sparkline(past.map((each) => (Number.isFinite(each) ? Math.max(each, 0) : 0)));
  // The newest are what counts.
  return `${row}${paint(look, 'cyan', chart.slice(-Math.max(look.columns - widthOf(row), 1)))}`.trimEnd();
}

const labelsText = (labels: string): string => escapeControls(labels.slice(1, -1).replaceAll('"', '')) || '-';
