/** Percentiles over time, how they are spread, and each endpoint and backend: the whole, and what of it was waiting and work. */
import type { Stats } from '../../lib/index.ts';
import { beside, type Line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { latencyText, rateText } from '../frame/units.ts';
import { parseFilter } from '../model/filter.ts';
import type { Kind } from '../model/series.ts';
import { histogramPanel } from './histogram.ts';
import { latencyPanel } from './latency-chart.ts';
import { visible } from './list.ts';
import { type Area, type Scene, sizeOf } from './scene.ts';

export interface LatencyRow {
  readonly kind: Kind;
  readonly name: string;
  readonly stats: Stats;
}

type Percentiles = Pick<Stats, 'p50Ms' | 'p95Ms' | 'p99Ms'>;

/** Of an endpoint what callers wait is all that there is; of a backend it is told apart. */
type Parts = Partial<Record<'queue' | 'code' | 'total', Percentiles>>;

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

function columnsOf({ live }: Scene): Column<LatencyRow>[] {
  const partsOf = ({ kind, name, stats }: LatencyRow): Parts => {
    if (kind === 'endpoint') return { total: stats };
    const found = live.performance?.backends[name];
    return found === undefined ? { code: stats } : { queue: found.queue, code: found.processing, total: found.total };
  };
  const percentile = (part: keyof Parts, of: keyof Percentiles, rank: number): Column<LatencyRow> => ({
    ...{ id: `${part} ${of}`, title: `${part.toUpperCase()}${of.slice(1, 3)}`, width: 7, align: 'right', rank },
    cell: (row) => latencyText(partsOf(row)[part]?.[of] ?? null),
  });
  return [
    { id: 'name', title: 'NAME', width: 14, most: 40, cut: 'middle', cell: ({ name }) => name },
    { id: 'kind', title: '', width: 8, rank: 6, cell: ({ kind }) => span(kind, 'dim') },
    { id: 'rate', title: 'RPS', width: 6, align: 'right', cell: ({ stats }) => rateText(stats.rate) },
    percentile('queue', 'p50Ms', 5),
    percentile('queue', 'p95Ms', 3),
    percentile('queue', 'p99Ms', 2),
    percentile('code', 'p50Ms', 4),
    percentile('code', 'p95Ms', 2),
    percentile('code', 'p99Ms', 1),
    percentile('total', 'p50Ms', 0),
    percentile('total', 'p95Ms', 0),
    percentile('total', 'p99Ms', 0),
  ];
}
