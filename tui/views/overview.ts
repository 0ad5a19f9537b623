import type { Stats } from '../../lib/index.ts';
import { grouped } from '../canvas/columns.ts';
import { sparkline } from '../frame/bars.ts';
import { beside, type Line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { latencyText, percentText, rateText } from '../frame/units.ts';
import { parseFilter } from '../model/filter.ts';
import { type EndpointRow, endpointRows } from '../model/rows.ts';
import { ENDPOINT_KEYS, sorted } from '../model/sort.ts';
import { backendsPanel } from './backends.ts';
import { eventsPanel } from './events.ts';
import { gpuBarsPanel } from './gpus.ts';
import { errorTone } from './header.ts';
import { latencyPanel } from './latency-chart.ts';
import { replicasPanel } from './replicas.ts';
import type { Area, Scene } from './scene.ts';
import { sizeOf } from './scene.ts';
import { splitLines } from './split.ts';

export const ENDPOINT_COLUMNS = ['endpoint', 'rate', 'errors', 'p50', 'p95', 'p99'] as const;

/** Those that the filter lets through, in their order: as they were created, until another is asked for. */
export function shownEndpoints({ live, ui }: Pick<Scene, 'live' | 'ui'>): EndpointRow[] {
  if (live.status === null) return [];
  const filter = parseFilter(ui.filters.overview ?? '');
  const rows = endpointRows(live.status, live.performance).filter((row) =>
    filter({
      endpoint: row.name,
      route: row.route ?? '',
      backend: [...row.traffic, ...row.shadows].map(({ tag }) => tag).join(' '),
      rate: row.stats.rate,
      p99: row.stats.p99Ms ?? 0,
    }),
  );
  return sorted(rows, ENDPOINT_KEYS, ui.sorts.overview);
}

/** The selected one, or the first. */
export function chosenEndpoint(scene: Pick<Scene, 'live' | 'ui'>): EndpointRow | undefined {
  const rows = shownEndpoints(scene);
  return rows.find(({ name }) => name === scene.ui.selected.overview) ?? rows[0];
}

export function overview(scene: Scene, area: Area): Line[] {
  return sizeOf(scene) === 'wide' && scene.ui.areChartsShown ? wide(scene, area) : narrow(scene, area);
}

function wide(scene: Scene, { columns, rows }: Area): Line[] {
  const left = Math.min(110, Math.floor(columns * 0.6));
  const right = columns - left;
  const chosen = chosenEndpoint(scene);
  const [gpuRows, backendRows] = [gpuPanelRows(scene), backendPanelRows(chosen)];
  const most = rows - gpuRows - backendRows;
  const needed = 3 + shownEndpoints(scene).reduce((sum, row) => sum + linesOf(row), 0);
  // What the endpoints leave, the replicas get, if it is worth it.
  const replicaRows = most - needed >= 6 ? Math.min(most - needed, 3 + (scene.live.status?.replicas.length ?? 0)) : 0;
  const tableRows = most - replicaRows;
  const chartRows = Math.max(8, rows - Math.max(8, gpuRows + backendRows));
  return beside(
    [
      ...endpointsPanel(scene, { columns: left, rows: tableRows }),
      ...backendsPanel(scene, chosen, { columns: left, rows: backendRows }),
      ...(replicaRows === 0 ? [] : replicasPanel(scene, { columns: left, rows: replicaRows })),
      ...(gpuRows === 0 ? [] : gpuBarsPanel(scene, { columns: left, rows: gpuRows })),
    ],
    [
      ...latencyPanel(scene, chosen === undefined ? null : { kind: 'endpoint', name: chosen.name }, {
        columns: right,
        rows: chartRows,
      }),
      ...eventsPanel(scene, { columns: right, rows: rows - chartRows }, 'short'),
    ],
  );
}

/** One below the other: the endpoints have what they need, as far as the newest events can still be seen. */
function narrow(scene: Scene, { columns, rows }: Area): Line[] {
  const needed = 3 + shownEndpoints(scene).reduce((sum, row) => sum + linesOf(row), 0);
  const eventRows = rows >= 16 ? Math.max(5, Math.min(9, rows - needed)) : 0;
  const chosen = chosenEndpoint(scene);
  const left = rows - eventRows - needed;
  const backends = left >= backendPanelRows(chosen) ? backendPanelRows(chosen) : 0;
  return [
    ...endpointsPanel(scene, { columns, rows: rows - eventRows - backends }),
    ...(backends === 0 ? [] : backendsPanel(scene, chosen, { columns, rows: backends })),
    ...(eventRows === 0 ? [] : eventsPanel(scene, { columns, rows: eventRows }, 'short')),
  ];
}

const backendPanelRows = (chosen: EndpointRow | undefined): number =>
  chosen === undefined ? 0 : Math.min(8, 3 + chosen.traffic.length + chosen.shadows.length);

const gpuPanelRows = ({ live }: Scene): number => {
  const count = live.status?.nodes.flatMap(({ gpus }) => gpus).length ?? 0;
  return count === 0 ? 0 : Math.min(7, count + 2);
};

const linesOf = ({ shadows }: EndpointRow): number => 2 + (shadows.length > 0 ? 1 : 0);

function endpointsPanel(scene: Scene, area: Area): Line[] {
  const { ui, look } = scene;
  const rows = shownEndpoints(scene);
  const all = Object.keys(scene.live.status?.endpoints ?? {}).length;
  const filter = ui.filters.overview ?? '';
  const chosen = chosenEndpoint(scene);
  const isSelected = (row: EndpointRow): boolean => row.name === chosen?.name;
  const shown = around(rows, area.rows - 3, isSelected);
  const width = area.columns - 2;
  const [head = [], ...lines] = table(
    {
      columns: columnsOf(scene),
      rows: shown,
      width,
      isSelected,
      idOf: ({ name }) => name,
      ...(ui.sorts.overview.by !== '' && { sortedBy: ui.sorts.overview }),
    },
    look,
  );
  const body = shown.flatMap((row, at) => [lines[at] ?? [], ...splitLines(row, width, look)]);
  const none = [[], [span(`  No endpoint matches /${filter}  (Esc clears the filter)`, 'dim')]];
  const note = `${filter === '' ? '' : `/${filter}  `}${shown.length < rows.length ? `${shown.length} of ` : ''}${rows.length === all ? all : `${rows.length} of ${all}`}`;
  return panel({ title: 'Endpoints', note, ...area, tone: 'info' }, rows.length === 0 ? none : [head, ...body], look);
}

/** As many whole ones as there is room for, the selected one among them. */
function around(
  rows: readonly EndpointRow[],
  height: number,
  isSelected: (row: EndpointRow) => boolean,
): EndpointRow[] {
  const selected = Math.max(0, rows.findIndex(isSelected));
  for (let first = 0; ; first++) {
    let left = height;
    const shown: EndpointRow[] = [];
    for (const row of rows.slice(first)) {
      if (linesOf(row) > left && shown.length > 0) break;
      left -= linesOf(row);
      shown.push(row);
    }
    if (first >= selected || first + shown.length > selected) return shown;
  }
}

function columnsOf({ series, look, columns }: Scene): Column<EndpointRow>[] {
  const latency = (
    id: 'p50' | 'p95' | 'p99',
    of: (stats: Stats) => number | null,
    rank: number,
  ): Column<EndpointRow> => ({
    ...{ id, title: id.toUpperCase(), width: 7, align: 'right', rank },
    cell: ({ stats }) => latencyText(of(stats)),
  });
  const sparks = columns >= 140 ? 16 : 8;
  return [
    {
      id: 'endpoint',
      title: 'ENDPOINT',
      width: 10,
      most: 32,
      cut: 'middle',
      cell: ({ name }) => span(name, 'plain', true),
    },
    {
      ...{ id: 'route', title: 'ROUTE', width: 12, most: 30, rank: 4 },
      cell: ({ route, methods }) => span(route === null ? '(by handle)' : `${methods.join(',')} ${route}`, 'dim'),
    },
    { id: 'rate', title: 'RPS', width: 6, align: 'right', cell: ({ stats }) => rateText(stats.rate) },
    {
      ...{ id: 'errors', title: 'ERR', width: 6, align: 'right' },
      cell: ({ stats }) => {
        const share = stats.rate > 0 ? stats.errorRate / stats.rate : 0;
        return span(percentText(share), errorTone(share));
      },
    },
    latency('p50', ({ p50Ms }) => p50Ms, 2),
    latency('p95', ({ p95Ms }) => p95Ms, 1),
    latency('p99', ({ p99Ms }) => p99Ms, 0),
    {
      ...{ id: 'trend', title: 'RPS 1m', width: sparks, rank: 3 },
      cell: ({ name }) =>
        span(sparkline(grouped(series.values('endpoint', name, 'rate', 60), sparks), sparks, look.glyphs), 'info'),
    },
  ];
}
