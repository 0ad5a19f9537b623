/** A load as a picture: while it runs, and when it has run. */
import type { Figure, HistogramPlot, LinesPlot, Note, Series } from '../charts/figure.ts';
import type { LoadResult, Progress } from './load-result.ts';
import type { LoadMoment } from './load-timeline.ts';
import { countText, rateText } from './units.ts';

/** The time goes on to the load's end: how far it has come is seen by how far the lines have. */
export function progressFigure({ endpoint, rps, forMs, state, atMs, moments }: Progress): Figure {
  const seconds = Math.min(Math.max(atMs - state.startedAtMs, 0), forMs) / 1000;
  const { sent, latencies, inFlight, failed } = state;
  const counts = `${countText(sent)} sent, ${countText(latencies.length)} answered, ${countText(inFlight)} waiting`;
  return {
    title: `${endpoint}: ${rateText(rps)}, ${seconds.toFixed(1)} of ${forMs / 1000} s`,
    plots: timelinePlots(moments, forMs / 1000),
    notes: [{ text: counts, tone: 'plain' }, ...(failed === 0 ? [] : [failures(`${countText(failed)} errors`)])],
  };
}

export function loadFigure(result: LoadResult, histogram: HistogramPlot | null): Figure {
  const { endpoint, rps, ms, timeline, sent, answered, rate, unanswered, isInterrupted, errors } = result;
  const counts = [
    ...[`${countText(sent)} sent`, `${countText(answered)} answered, ${rateText(rate)}`],
    ...(unanswered > 0 ? [`${countText(unanswered)} given up`] : []),
    ...(isInterrupted ? ['ended early'] : []),
  ];
  return {
    title: `${endpoint}: ${rateText(rps)} for ${(ms / 1000).toFixed(1)} s`,
    // One that was too short to have a course has none.
    plots: [
      ...(timeline.length < 2 ? [] : timelinePlots(timeline, ms / 1000)),
      ...(histogram === null ? [] : [histogram]),
    ],
    notes: [
      { text: counts.join(', '), tone: 'plain' },
      ...errors.map(({ code, count, message }) => failures(`${countText(count)} × ${code}: ${message}`)),
    ],
  };
}

const failures = (text: string): Note => ({ text, tone: 'failure' });

function timelinePlots(moments: readonly LoadMoment[], seconds: number): readonly LinesPlot[] {
  const end = Math.max(seconds, moments.at(-1)?.s ?? 0);
  const plot = (title: string, unit: string, series: readonly Series[]): LinesPlot => ({
    ...{ kind: 'lines', title, series, unit, log: 'none' },
    x: { name: 'time', unit: 's', span: [0, end], type: 'numbers', values: moments.map(({ s }) => s) },
  });
  const hasErrors = moments.some(({ errorRate }) => errorRate > 0);
  return [
    plot('Latency', 'ms', [
      { name: 'p50', values: moments.map(({ p50Ms }) => p50Ms) },
      { name: 'p95', values: moments.map(({ p95Ms }) => p95Ms) },
    ]),
    plot('Answers', '/s', [
      { name: 'good', values: moments.map(({ rate }) => rate) },
      ...(hasErrors ? [{ name: 'errors', values: moments.map(({ errorRate }) => errorRate) }] : []),
    ]),
  ];
}
