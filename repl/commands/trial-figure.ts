import type { TrialResult } from '../../lib/index.ts';
import type { BarsPlot, Figure, Note, SharesPlot } from '../charts/figure.ts';
import { countText, percentText } from './units.ts';

/** Fields whose answers differ. */
const MOST_FIELDS = 8;

/** Old against new: the answers, the latencies, the fields that differ. */
export function trialFigure(result: TrialResult): Figure {
  const { endpoint, backend, compared, equal, different, fields } = result;
  const part = (name: string, count: number) => ({
    ...{ name: `${countText(count)} ${name}`, group: name, share: compared === 0 ? 0 : count / compared },
  });
  const answers: SharesPlot = {
    ...{ kind: 'shares', title: null, as: 'percent' },
    wholes: [
      {
        label: `${countText(compared)} answers compared`,
        note: result.endedBy === null ? '' : `ended by ${result.endedBy}`,
        parts: compared === 0 ? [] : [part('equal', equal), part('different', different)],
        shadows: [],
      },
    ],
  };
  const plots = [answers, latencyPlot(result), ...(fields.length === 0 ? [] : [fieldsPlot(result)])];
  return { title: `${endpoint}: ${backend} on trial`, plots, notes: errorNotes(result) };
}

function latencyPlot({ endpoint, backend, latency }: TrialResult): BarsPlot {
  const values = ({ p50Ms, p95Ms, p99Ms }: TrialResult['latency']['old']): readonly (number | null)[] => [
    ...[p50Ms, p95Ms, p99Ms],
  ];
  const series = [
    { name: `${endpoint} now`, values: values(latency.old) },
    { name: backend, values: values(latency.new) },
  ];
  return { kind: 'bars', title: 'Latency', name: 'percentile', categories: ['p50', 'p95', 'p99'], series, unit: 'ms' };
}

function fieldsPlot({ fields }: TrialResult): BarsPlot {
  const shown = fields.slice(0, MOST_FIELDS);
  return {
    ...{ kind: 'bars', title: 'Fields that differ', name: 'field', unit: '' },
    categories: shown.map(({ field }) => field),
    series: [{ name: 'answers', values: shown.map(({ count }) => count) }],
  };
}

function errorNotes({ endpoint, backend, errors, compared, fields }: TrialResult): readonly Note[] {
  const notes = (who: string, of: Readonly<Record<string, number>>): Note[] =>
    Object.entries(of).map(([code, count]) => {
      const share = compared === 0 ? '' : ` (${percentText(count / compared)})`;
      return { text: `${who}: ${countText(count)} × ${code}${share}`, tone: 'failure' };
    });
  const left = fields.length - MOST_FIELDS;
  return [
    ...(left > 0 ? [{ text: `… ${left} more fields differ`, tone: 'plain' as const }] : []),
    ...notes(`${endpoint} now`, errors.old),
    ...notes(backend, errors.new),
  ];
}
