/** Percentiles over time, how they are spread, and each endpoint and backend: the whole, and what of it was waiting and work. */
import type { Stats } from '../../lib/index.ts';
import { meter } from '../frame/bars.ts';
import { beside, type Line, line, type Span, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { countText, latencyText, rateText, windowText } from '../frame/units.ts';
import { parseFilter } from '../model/filter.ts';
import { type BackendHistograms, type Histogram, totalOf } from '../model/histogram.ts';
import type { Kind } from '../model/series.ts';
import { latencyPanel } from './latency-chart.ts';
import { visible } from './list.ts';
import { type Area, type Scene, sizeOf } from './scene.ts';

export interface LatencyRow {
  readonly kind: Kind;
  readonly name: string;
  readonly stats: Stats;
}

export const latencyId = ({ kind, name }: Pick<LatencyRow, 'kind' | 'name'>): string => `${kind} ${name}`;

export function shownLatencies({ live, ui }: Pick<Scene, 'live' | 'ui'>): LatencyRow[] {
  if (live.status === null) return [];
  const { endpoints, backends } = live.status;
  const filter = parseFilter(ui.filters.latency ?? '');
  const rowsOf = (kind: Kind, all: Readonly<Record<string, { readonly stats: Stats }>>): LatencyRow[] =>
    Object.entries(all).map(([name, { stats }]) => ({ kind, name, stats }));
  return [...rowsOf('endpoint', endpoints), ...rowsOf('backend', backends)].filter(({ kind, name, stats }) =>
    filter({ name, kind, rate: stats.rate, p99: stats.p99Ms ?? 0 }),
  );
}

export function latencyView(scene: Scene, area: Area): Line[] {
  const rows = shownLatencies(scene);
  const chosen = rows.find((row) => latencyId(row) === scene.ui.selected.latency) ?? rows[0] ?? null;
  const isWide = sizeOf(scene) === 'wide';
  const tableRows = Math.min(rows.length + 3, Math.max(6, Math.floor(area.rows * 0.4)));
  const top = area.rows - tableRows;
  const right = isWide ? Math.min(60, Math.floor(area.columns * 0.4)) : Math.floor(area.columns * 0.42);
  const charts = scene.ui.areChartsShown
    ? beside(
        latencyPanel(scene, chosen, { columns: area.columns - right, rows: top }),
        histogramPanel(scene, chosen, { columns: right, rows: top }),
      )
    : [];
  return [...charts, ...tablePanel(scene, rows, chosen, { columns: area.columns, rows: area.rows - charts.length })];
}

function tablePanel(scene: Scene, rows: readonly LatencyRow[], chosen: LatencyRow | null, area: Area): Line[] {
  const { look, ui } = scene;
  const isSelected = (row: LatencyRow): boolean => row === chosen;
  const shown = visible(rows, area.rows - 3, isSelected).rows;
  const filter = ui.filters.latency ?? '';
  const note = `${filter === '' ? '' : `/${filter}  `}percentiles over 60 s`;
  const content =
    rows.length === 0
      ? [
          [],
          [
            span(
              filter === '' ? '  Nothing is served yet.' : `  Nothing matches /${filter}  (Esc clears the filter)`,
              'dim',
            ),
          ],
        ]
      : table({ columns: columnsOf(scene), rows: shown, width: area.columns - 2, isSelected, idOf: latencyId }, look);
  return panel({ title: 'Endpoints and backends', note, ...area, tone: 'info' }, content, look);
}

function columnsOf({ readings, ui }: Scene): Column<LatencyRow>[] {
  const counted = ({ kind, name }: LatencyRow): BackendHistograms | null =>
    kind === 'backend' ? readings.window(name, ui.windowSeconds * 1_000) : null;
  const bound = (histogram: Histogram | undefined, quantile: number): string | Span =>
    histogram === undefined ? span('-', 'dim') : boundText(histogram, quantile);
  const percentile = (id: string, of: (stats: Stats) => number | null, rank: number): Column<LatencyRow> => ({
    ...{ id, title: id.toUpperCase(), width: 8, align: 'right', rank },
    cell: ({ stats }) => latencyText(of(stats)),
  });
  return [
    { id: 'name', title: 'NAME', width: 14, most: 40, cell: ({ name }) => name },
    {
      ...{ id: 'what', title: 'WHAT IS TIMED', width: 14, rank: 1 },
      cell: ({ kind }) => span(kind === 'endpoint' ? 'callers wait' : 'user code', 'dim'),
    },
    { id: 'rate', title: 'RPS', width: 6, align: 'right', cell: ({ stats }) => rateText(stats.rate) },
    percentile('p50', ({ p50Ms }) => p50Ms, 0),
    percentile('p95', ({ p95Ms }) => p95Ms, 0),
    percentile('p99', ({ p99Ms }) => p99Ms, 0),
    {
      id: 'queued50',
      title: 'QUEUE P50',
      width: 9,
      align: 'right',
      rank: 3,
      cell: (row) => bound(counted(row)?.queuing, 0.5),
    },
    {
      id: 'queued95',
      title: 'QUEUE P95',
      width: 9,
      align: 'right',
      rank: 2,
      cell: (row) => bound(counted(row)?.queuing, 0.95),
    },
  ];
}

/** Known as exactly as the instance counts it: by the upper bound of a bucket. */
function boundText(histogram: Histogram, quantile: number): string {
  const total = totalOf(histogram);
  if (total === 0) return '-';
  let reached = 0;
  for (const [at, count] of histogram.counts.entries()) {
    reached += count;
    if (reached < Math.ceil(quantile * total)) continue;
    const boundMs = histogram.boundsMs[at] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(boundMs) ? `<=${boundMs}ms` : `>${histogram.boundsMs[at - 1] ?? 0}ms`;
  }
  return '-';
}

/** Of backends, as only they are counted so. */
function histogramPanel(scene: Scene, chosen: LatencyRow | null, area: Area): Line[] {
  const { readings, ui, look, live } = scene;
  const tag = chosen?.kind === 'backend' ? chosen.name : (backendOf(chosen, live) ?? '');
  const found = tag === '' ? null : readings.window(tag, ui.windowSeconds * 1_000);
  const title = tag === '' ? 'Histogram' : `Histogram ${tag}`;
  if (found === null)
    return panel(
      { title, ...area },
      [[], [span(tag === '' ? '  No backend is chosen.' : '  Counting...', 'dim')]],
      look,
    );
  const { processing, queuing, ms } = found;
  const most = Math.max(1, ...processing.counts, ...queuing.counts);
  const bar = Math.max(4, Math.floor((area.columns - 2 - 10 - 14) / 2));
  const head = line(
    span('       ', 'dim'),
    span(' queue'.padEnd(bar + 7), 'dim', true),
    span(' user code', 'dim', true),
  );
  const rows = processing.boundsMs.map((boundMs, at): Line => {
    const label = Number.isFinite(boundMs) ? `<=${boundMs}` : `>${processing.boundsMs[at - 1] ?? 0}`;
    const [queued = 0, processed = 0] = [queuing.counts[at], processing.counts[at]];
    return [
      span(label.padStart(7), 'dim'),
      ...countBar(queued, most, bar, 'series2', look),
      ...countBar(processed, most, bar, 'series0', look),
    ];
  });
  return panel(
    { title, note: ms === null ? 'ms, since it began' : `ms, ${windowText(Math.round(ms / 1_000))}`, ...area },
    [head, ...rows],
    look,
  );
}

/** Long tails are what it is looked at for: the bars grow with the logarithm. */
function countBar(
  count: number,
  most: number,
  columns: number,
  tone: 'series0' | 'series2',
  look: Scene['look'],
): Line {
  const share = count === 0 ? 0 : Math.log(count + 1) / Math.log(most + 1);
  return [
    { text: ' ' },
    ...meter(share, columns, { ...look.glyphs, empty: ' ' }, tone),
    span(` ${(count === 0 ? '' : countText(count)).padStart(5)}`),
  ];
}

/** The backend that most of an endpoint's queries go to. */
function backendOf(chosen: LatencyRow | null, { status }: Scene['live']): string | undefined {
  const traffic = Object.entries((chosen === null ? undefined : status?.endpoints[chosen.name]?.traffic) ?? {});
  return traffic.sort(([, a], [, b]) => b - a)[0]?.[0];
}
