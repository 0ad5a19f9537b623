/** The backends of an endpoint, or all of them: what each is for, what it is given and what it does with it. */
import { fillOf, seriesOf } from '../frame/bars.ts';
import { type Line, type Span, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { latencyText, percentText, rateText } from '../frame/units.ts';
import { type BackendRow, backendRows, type EndpointRow } from '../model/rows.ts';
import { errorTone } from './header.ts';
import type { Area, Scene } from './scene.ts';
import { stateGlyph, stateTone } from './states.ts';

interface Member {
  readonly backend: BackendRow;
  readonly role: string;
  readonly share: number;
  readonly got: number | null;
  readonly mark: Span;
}

export function backendsPanel(scene: Scene, endpoint: EndpointRow | undefined, area: Area): Line[] {
  const { live, look } = scene;
  if (endpoint === undefined || live.status === null || area.rows < 3) return [];
  const known = new Map(backendRows(live.status, live.performance).map((row) => [row.tag, row]));
  const membersOf = (parts: EndpointRow['traffic'], role: string): Member[] =>
    parts.flatMap(({ tag, share, got }, at) => {
      const backend = known.get(tag);
      const mark = role === 'live' ? span(fillOf(look.glyphs, at), seriesOf(at)) : span(look.glyphs.shadow, 'dim');
      return backend === undefined ? [] : [{ backend, role, share, got, mark }];
    });
  const members = [...membersOf(endpoint.traffic, 'live'), ...membersOf(endpoint.shadows, 'shadow')];
  const content = table({ columns: columnsOf(scene), rows: members, width: area.columns - 2 }, look);
  return panel({ title: `Backends of ${endpoint.name}`, note: 'user code, 60 s', ...area }, content, look);
}

function columnsOf({ look }: Scene): Column<Member>[] {
  const of = (cell: (backend: BackendRow) => Line | Span | string) => (member: Member) => cell(member.backend);
  return [
    {
      id: 'backend',
      title: 'BACKEND',
      width: 12,
      most: 28,
      cut: 'middle',
      cell: ({ backend, mark }) => [mark, { text: ` ${backend.tag}` }],
    },
    { id: 'role', title: 'ROLE', width: 6, rank: 3, cell: ({ role }) => span(role, role === 'live' ? 'plain' : 'dim') },
    { id: 'share', title: 'SET', width: 5, align: 'right', cell: ({ share }) => percentText(share) },
    {
      ...{ id: 'got', title: 'GOT', width: 5, align: 'right', rank: 1 },
      cell: ({ got }) => (got === null ? '-' : percentText(got)),
    },
    {
      ...{ id: 'ready', title: 'READY', width: 5, align: 'right' },
      cell: of(({ replicas: { running, target } }) =>
        span(`${running}/${target}`, running < target ? 'warn' : 'plain'),
      ),
    },
    { id: 'rate', title: 'RPS', width: 5, align: 'right', rank: 1, cell: of(({ stats }) => rateText(stats.rate)) },
    {
      ...{ id: 'errors', title: 'ERR', width: 5, align: 'right', rank: 4 },
      cell: of(({ stats }) => {
        const share = stats.rate > 0 ? stats.errorRate / stats.rate : 0;
        return span(percentText(share), errorTone(share));
      }),
    },
    {
      id: 'ongoing',
      title: 'ONGOING',
      width: 8,
      align: 'right',
      rank: 2,
      cell: of(({ ongoing, limit }) => `${ongoing}/${limit}`),
    },
    {
      ...{ id: 'queued', title: 'QUEUE', width: 5, align: 'right', rank: 2 },
      cell: of(({ queued }) => span(String(queued), queued > 0 ? 'warn' : 'plain')),
    },
    { id: 'p99', title: 'P99', width: 7, align: 'right', cell: of(({ stats }) => latencyText(stats.p99Ms)) },
    {
      id: 'states',
      title: '',
      width: 4,
      most: 16,
      rank: 5,
      cell: of(({ replicaRows }) => glyphsOf(replicaRows, look)),
    },
  ];
}

/** One for each replica. */
const glyphsOf = (replicas: BackendRow['replicaRows'], { glyphs }: Scene['look']): Line =>
  replicas.map(({ state }) => span(stateGlyph(state, glyphs), stateTone(state)));
