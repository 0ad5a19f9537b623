/** A page for one thing: all that is known of it. */
import { type BackendPerformance, escapeControls, type LatencyDistribution, subjectOf } from '../../lib/index.ts';
import { slots } from '../frame/bars.ts';
import { type Line, line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { table } from '../frame/table.ts';
import { amountText, bytesText, durationText, latencyText, percentText, rateText } from '../frame/units.ts';
import { backendRows, type EndpointRow, endpointRows, replicaRows } from '../model/rows.ts';
import type { Detail } from '../ui/ui.ts';
import { backendsPanel } from './backends.ts';
import { eventsPanel } from './events.ts';
import { latencyPanel } from './latency-chart.ts';
import { loopTone, replicaColumns, runsIn, shareText } from './replicas.ts';
import type { Area, Scene } from './scene.ts';
import { splitLines } from './split.ts';
import { stateGlyph, stateTone } from './states.ts';

export function detailView(scene: Scene, { kind, name }: Detail, area: Area): Line[] {
  const { live, look } = scene;
  if (live.status === null) return panel({ title: name, ...area }, [], look);
  switch (kind) {
    case 'replica':
      return replicaPage(scene, name, area) ?? gone(scene, kind, name, area);
    case 'backend':
      return backendPage(scene, name, area) ?? gone(scene, kind, name, area);
    case 'endpoint':
      return endpointPage(scene, name, area) ?? gone(scene, kind, name, area);
  }
}

function gone({ look }: Scene, kind: string, name: string, area: Area): Line[] {
  const words = line(`  There is no ${kind} `, span(name, 'plain', true), ' any more.  Esc goes back.');
  return panel({ title: name, ...area, tone: 'warn' }, [[], words], look);
}

/** What has happened to it, below what it is. */
function withEvents(scene: Scene, top: readonly Line[], names: readonly string[], area: Area): Line[] {
  const rows = area.rows - top.length;
  if (rows < 3) return top.slice(0, area.rows);
  const isOfIt = (subject: string): boolean => names.some((name) => subject === name || subject.startsWith(`${name}#`));
  const events = scene.live.events.filter(
    (event) => isOfIt(subjectOf(event)) || ('backend' in event && names.includes(event.backend)),
  );
  return [
    ...top,
    ...eventsPanel(
      { ...scene, live: { ...scene.live, events } },
      { columns: area.columns, rows },
      'short',
      '  Nothing has happened to it yet.',
    ),
  ];
}

function replicaPage(scene: Scene, name: string, area: Area): Line[] | null {
  const { live, look, now } = scene;
  const replica =
    live.status === null ? undefined : replicaRows(live.status, live.performance).find(({ tag }) => tag === name);
  if (replica === undefined || live.status === null) return null;
  const { state, backend, node, isolation, ongoing, limit, queued, restarts, startedAt, gpus, gpuShare } = replica;
  const { cpu, memoryBytes, eventLoop } = replica;
  const stats = live.status.backends[backend]?.stats;
  const content = [
    facts([
      ['state', span(`${stateGlyph(state, look.glyphs)} ${state}`, stateTone(state))],
      ['up', durationText(now - Date.parse(startedAt))],
      ['restarts', span(String(restarts), restarts > 0 ? 'warn' : 'plain')],
    ]),
    facts([
      ['backend', backend],
      ['node', node],
      ['runs in', runsIn(replica)],
    ]),
    facts([
      ['ongoing', `${slots(ongoing, limit, 10, look.glyphs)} ${ongoing}/${limit}`],
      ['queued', span(String(queued), queued > 0 ? 'warn' : 'plain')],
    ]),
    facts([
      ['CPU', shareText(cpu)],
      ['memory', memoryBytes === null ? '-' : bytesText(memoryBytes)],
      ...(isolation === 'thread'
        ? [['event loop busy', span(shareText(eventLoop), loopTone(eventLoop))] as const]
        : []),
    ]),
    facts([['GPU', gpus.length === 0 ? 'none' : `${gpus.join(', ')}  (${amountText(gpuShare)} in all)`]]),
    ...(stats === undefined ? [] : [line(span(`  all of ${backend}: `, 'dim'), statsText(stats))]),
  ];
  const top = panel(
    { title: `Replica ${name}`, note: 'Esc back', columns: area.columns, rows: content.length + 2, tone: 'info' },
    content,
    look,
  );
  return withEvents(scene, top, [name], area);
}

function backendPage(scene: Scene, name: string, area: Area): Line[] | null {
  const { live, look } = scene;
  const backend =
    live.status === null ? undefined : backendRows(live.status, live.performance).find(({ tag }) => tag === name);
  if (backend === undefined || live.status === null) return null;
  const { replicas, queued, stats, config, role } = backend;
  const { running, target } = replicas;
  const users = Object.entries(live.status.endpoints).flatMap(([endpoint, { traffic, shadows }]) => [
    ...(traffic[name] === undefined ? [] : [`${endpoint} ${percentText(traffic[name])}`]),
    ...(shadows[name] === undefined ? [] : [`${endpoint} ${percentText(shadows[name])} shadow`]),
  ]);
  const content: Line[] = [
    facts([
      ['role', role],
      ['ready', span(`${running}/${target}`, running < target ? 'warn' : 'ok')],
      ['queued', span(String(queued), queued > 0 ? 'warn' : 'plain')],
      ['used by', users.join(', ') || 'no endpoint'],
    ]),
    line(span('  60 s: ', 'dim'), statsText(stats)),
    ...partLines(live.performance?.backends[name]),
    ...configLines(config, area.columns - 4),
    ...replicas.pending.map(({ reason }) =>
      line(span(`  ${look.glyphs.starting} waits: `, 'warn'), escapeControls(reason)),
    ),
  ];
  const top = panel(
    { title: `Backend ${name}`, note: 'Esc back', columns: area.columns, rows: content.length + 2, tone: 'info' },
    content,
    look,
  );
  const rows = Math.min(backend.replicaRows.length + 3, Math.max(5, Math.floor((area.rows - top.length) / 2)));
  const list = table(
    { columns: replicaColumns(scene), rows: backend.replicaRows.slice(0, rows - 3), width: area.columns - 2 },
    look,
  );
  const listed = panel(
    { title: 'Replicas', note: String(backend.replicaRows.length), columns: area.columns, rows },
    list,
    look,
  );
  return withEvents(scene, [...top, ...listed], [name], area);
}

function endpointPage(scene: Scene, name: string, area: Area): Line[] | null {
  const { live, look } = scene;
  const endpoint =
    live.status === null ? undefined : endpointRows(live.status, live.performance).find((row) => row.name === name);
  if (endpoint === undefined) return null;
  const content: Line[] = [
    facts([
      ['route', endpoint.route ?? '(by handle)'],
      ['methods', endpoint.methods.join(', ')],
    ]),
    line(span('  60 s: ', 'dim'), statsText(endpoint.stats)),
    ...splitLines(endpoint, area.columns - 2, look),
  ];
  const top = panel(
    { title: `Endpoint ${name}`, note: 'Esc back', columns: area.columns, rows: content.length + 2, tone: 'info' },
    content,
    look,
  );
  const backends = backendsPanel(scene, endpoint, { columns: area.columns, rows: membersOf(endpoint) + 3 });
  const chartRows = area.rows - top.length - backends.length - 6;
  const chart =
    chartRows < 8 ? [] : latencyPanel(scene, { kind: 'endpoint', name }, { columns: area.columns, rows: chartRows });
  return withEvents(
    scene,
    [...top, ...backends, ...chart],
    [name, ...Object.keys(live.status?.endpoints[name]?.traffic ?? {})],
    area,
  );
}

const membersOf = ({ traffic, shadows }: EndpointRow): number => traffic.length + shadows.length;

const facts = (items: readonly (readonly [string, Line[number] | string])[]): Line =>
  items.flatMap(([name, value]) => [
    span(`  ${name} `, 'dim'),
    typeof value === 'string' ? { text: value } : value,
    { text: '  ' },
  ]);

/** On what its queries spend their time. */
function partLines(found: BackendPerformance | undefined): Line[] {
  if (found === undefined || found.total.count === 0) return [];
  const text = ({ p50Ms, p95Ms, p99Ms }: LatencyDistribution): string =>
    `p50 ${latencyText(p50Ms)}  p95 ${latencyText(p95Ms)}  p99 ${latencyText(p99Ms)}`;
  return [
    line(span('  queue ', 'dim'), text(found.queue)),
    line(span('  code  ', 'dim'), text(found.processing)),
    line(span('  total ', 'dim'), text(found.total)),
    ...batchLines(found.batches),
  ];
}

function batchLines({ count, queries, sizes }: BackendPerformance['batches']): Line[] {
  if (count === 0) return [];
  const [least, most] = [sizes[0]?.size, sizes.at(-1)?.size];
  const spread = least === most ? `of ${most}` : `of ${least} to ${most}, ${(queries / count).toFixed(1)} in the mean`;
  return [line(span('  batch ', 'dim'), `${spread}; ${count} in the last minute`)];
}

const statsText = ({ rate, errorRate, p50Ms, p95Ms, p99Ms }: EndpointRow['stats']): string =>
  `${rateText(rate)}/s  errors ${percentText(rate > 0 ? errorRate / rate : 0)}  p50 ${latencyText(p50Ms)}  p95 ${latencyText(p95Ms)}  p99 ${latencyText(p99Ms)}`;

/** As many settings on a line as have room. */
function configLines(config: Readonly<Record<string, unknown>> | object, columns: number): Line[] {
  const words = Object.entries(config).map(
    ([key, value]) => `${key} ${typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)}`,
  );
  const lines: string[] = [];
  for (const word of words.map(escapeControls)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 3 <= columns) lines[lines.length - 1] = `${last} · ${word}`;
    else lines.push(word);
  }
  return lines.map((text, at) => line(span(at === 0 ? '  config ' : '         ', 'dim'), text));
}
