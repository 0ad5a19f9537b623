import { slots } from '../frame/bars.ts';
import { type Line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { amountText, bytesText, durationText } from '../frame/units.ts';
import { parseFilter } from '../model/filter.ts';
import { type ReplicaRow, replicaRows } from '../model/rows.ts';
import { REPLICA_KEYS, sorted } from '../model/sort.ts';
import { visible } from './list.ts';
import type { Area, Scene } from './scene.ts';
import { stateGlyph, stateTone } from './states.ts';

/** Those that the filter lets through, in their order. */
export function shownReplicas({ live, ui }: Pick<Scene, 'live' | 'ui'>): ReplicaRow[] {
  if (live.status === null) return [];
  const filter = parseFilter(ui.filters.replicas ?? '');
  const rows = replicaRows(live.status, live.performance).filter((row) => filter(fieldsOf(row)));
  return sorted(rows, REPLICA_KEYS, ui.sorts.replicas);
}

/** The selected one, or the first. */
export function chosenReplica(scene: Pick<Scene, 'live' | 'ui'>): ReplicaRow | undefined {
  const rows = shownReplicas(scene);
  return rows.find(({ tag }) => tag === scene.ui.selected.replicas) ?? rows[0];
}

const fieldsOf = (row: ReplicaRow): Record<string, string | number> => ({
  replica: row.tag,
  backend: row.backend,
  state: row.state,
  node: row.node,
  gpu: row.gpus.join(','),
  pid: row.pid,
  ongoing: row.ongoing,
  queued: row.queued,
  restarts: row.restarts,
  cpu: row.cpu ?? 0,
});

export function replicasView(scene: Scene, area: Area): Line[] {
  const { ui, look } = scene;
  const all = scene.live.status?.replicas.length ?? 0;
  const rows = shownReplicas(scene);
  const chosen = rows.find(({ tag }) => tag === ui.selected.replicas) ?? rows[0];
  const isSelected = (row: ReplicaRow): boolean => row === chosen;
  const shown = visible(rows, area.rows - 3, isSelected);
  const filter = ui.filters.replicas ?? '';
  const content =
    rows.length > 0
      ? table(
          {
            columns: replicaColumns(scene),
            rows: shown.rows,
            width: area.columns - 2,
            sortedBy: ui.sorts.replicas,
            isSelected,
            idOf: ({ tag }) => tag,
          },
          look,
        )
      : [
          [],
          [
            span(
              all === 0
                ? '  No replicas: no backend runs.'
                : `  No replica matches /${filter}  (Esc clears the filter)`,
              'dim',
            ),
          ],
        ];
  const range = rows.length > shown.rows.length ? `${shown.first + 1}-${shown.first + shown.rows.length} of ` : '';
  const note = `${filter === '' ? '' : `/${filter}  `}${range}${rows.length}${rows.length === all ? '' : ` (${all} in all)`}`;
  return panel({ title: 'Replicas', note, ...area, tone: 'info' }, content, look);
}

/** Those that need looking at first, on the overview: not to be chosen from. */
export function replicasPanel(scene: Scene, area: Area): Line[] {
  const { live, look } = scene;
  const all = live.status === null ? [] : replicaRows(live.status, live.performance);
  const rows = sorted(all, REPLICA_KEYS, { by: 'state', reversed: false }).slice(0, area.rows - 3);
  const note = rows.length < all.length ? `${rows.length} of ${all.length}` : String(all.length);
  return panel(
    { title: 'Replicas', note, ...area },
    table({ columns: replicaColumns(scene), rows, width: area.columns - 2 }, look),
    look,
  );
}

/** As they stand, from the left. */
export const REPLICA_COLUMNS = [
  'state',
  'replica',
  'node',
  'pid',
  'gpu',
  'restarts',
  'up',
  'memory',
  'cpu',
  'loop',
  'queued',
  'ongoing',
] as const;

/** Each is wide enough for its title and the mark of the order. */
export function replicaColumns({ live, look, now }: Scene): Column<ReplicaRow>[] {
  const { glyphs } = look;
  // Bars of one list stand below each other.
  const most = String(Math.max(0, ...(live.status?.replicas ?? []).map(({ limit }) => limit)));
  const countColumns = `${most}/${most}`.length;
  return [
    {
      ...{ id: 'state', title: 'STATE', width: 10 },
      cell: ({ state }) => span(`${stateGlyph(state, glyphs)} ${state}`, stateTone(state)),
    },
    { id: 'replica', title: 'REPLICA', width: 12, most: 40, cut: 'middle', cell: ({ tag }) => tag },
    { id: 'node', title: 'NODE', width: 6, most: 16, rank: 5, cell: ({ node }) => node },
    { id: 'pid', title: 'PID/THREAD', width: 11, most: 12, rank: 4, cell: runsIn },
    {
      ...{ id: 'gpu', title: 'GPU', width: 10, rank: 3 },
      cell: ({ gpus, gpuShare }) =>
        gpus.length === 0
          ? '-'
          : gpus.length === 1 && gpuShare < 1
            ? `${gpus[0]} (${amountText(gpuShare)})`
            : gpus.join(','),
    },
    {
      ...{ id: 'restarts', title: 'RESTARTS', width: 9, align: 'right', rank: 2 },
      cell: ({ restarts }) => span(String(restarts), restarts > 0 ? 'warn' : 'plain'),
    },
    {
      id: 'up',
      title: 'UP',
      width: 6,
      align: 'right',
      cell: ({ startedAt }) => durationText(now - Date.parse(startedAt)),
    },
    {
      ...{ id: 'memory', title: 'MEM', width: 5, align: 'right', rank: 2 },
      cell: ({ memoryBytes }) => (memoryBytes === null ? '-' : bytesText(memoryBytes)),
    },
    { id: 'cpu', title: 'CPU', width: 5, align: 'right', rank: 1, cell: ({ cpu }) => shareText(cpu) },
    {
      ...{ id: 'loop', title: 'LOOP', width: 5, align: 'right', rank: 3 },
      cell: ({ eventLoop }) => span(shareText(eventLoop), loopTone(eventLoop)),
    },
    // What changes most is at the right: of a line, what follows a change is written anew.
    {
      ...{ id: 'queued', title: 'QUEUE', width: 6, align: 'right' },
      cell: ({ queued, limit }) => span(String(queued), queued > limit ? 'bad' : queued > 0 ? 'warn' : 'plain'),
    },
    {
      ...{ id: 'ongoing', title: 'ONGOING/MAX', width: 12, align: 'right', rank: 1 },
      cell: ({ ongoing, limit }) => {
        const count = `${ongoing}/${limit}`.padStart(countColumns);
        return span(`${slots(ongoing, limit, 4, glyphs)} ${count}`, ongoing >= limit ? 'warn' : 'plain');
      },
    },
  ];
}

/** In whole percent: digits after it would change every second and say nothing. */
export const shareText = (share: number | null): string => (share === null ? '-' : `${Math.round(share * 100)}%`);

/** An event loop that is always busy answers nobody, also not the one that asks how it is. */
export const loopTone = (share: number | null): 'plain' | 'warn' | 'bad' =>
  share === null || share < 0.9 ? 'plain' : share < 0.99 ? 'warn' : 'bad';

export const runsIn = ({ isolation, pid, threadId }: Pick<ReplicaRow, 'isolation' | 'pid' | 'threadId'>): string =>
  isolation === 'process' ? `pid ${pid === 0 ? '-' : pid}` : `thread ${threadId ?? '-'}`;
