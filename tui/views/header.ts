/** The first three lines: what is looked at and how it is, where one is, and the whole in numbers. */
import { EMPTY, type Line, line, lineWidth, type Span, span } from '../frame/line.ts';
import { ends } from '../frame/panel.ts';
import { amountText, clockText, durationText, latencyText, percentText, rateText } from '../frame/units.ts';
import { alertsOf, type Totals, totalsOf } from '../model/rows.ts';
import { VIEW_NAMES, VIEWS } from '../ui/ui.ts';
import type { Scene } from './scene.ts';

/** It is asked every second: one that has said nothing for so long does not answer. */
const STALE_MS = 3_000;

export function header(scene: Scene): Line[] {
  return [stateLine(scene), tabLine(scene), totalsLine(scene)];
}

/** Whether what is shown is what is. */
export function isStale({ live, ui, now }: Scene): boolean {
  if (live.phase.type !== 'live') return true;
  return live.status !== null && now - live.heardAt > STALE_MS + ui.periodMs;
}

export function statePill(scene: Scene): Span {
  const { live, ui, look, now } = scene;
  const { glyphs } = look;
  const { phase } = live;
  if (phase.type === 'connecting') return span(`${glyphs.starting} CONNECTING`, 'info', true);
  if (phase.type === 'lost') {
    if (phase.since === null) return span(`${glyphs.dead} NOT RUNNING`, 'bad', true);
    return span(`${glyphs.dead} DISCONNECTED ${durationText(now - phase.since)}`, 'bad', true);
  }
  if (ui.frozen !== null) return span(`${glyphs.stale} FROZEN ${durationText(now - ui.frozen.since)}`, 'warn', true);
  if (isStale(scene)) return span(`${glyphs.stale} STALE ${durationText(now - live.heardAt)}`, 'warn', true);
  return span(`${glyphs.ok} LIVE`, 'ok', true);
}

function stateLine(scene: Scene): Line {
  const { live, ui, look, columns, name, now } = scene;
  const { phase, status } = live;
  const facts = status === null || phase.type === 'lost' ? [name] : instanceFacts(scene, status.instance);
  const left = line(' ', span('servelab', 'plain', true), '  ', statePill(scene), '  ', span(facts.join('  '), 'dim'));
  if (phase.type === 'lost') {
    const inMs = Math.max(0, phase.retryAt - now);
    const retry = `retry in ${Math.ceil(inMs / 1_000)}s, try ${phase.attempt}`;
    return ends(
      left,
      line(span(status === null ? retry : `as of ${clockText(live.heardAt)}  ${retry}`, 'warn'), ' '),
      columns,
      look,
    );
  }
  return ends(left, line(span(`${amountText(1_000 / ui.periodMs)} Hz  ${clockText(now)}`, 'dim'), ' '), columns, look);
}

function instanceFacts({ columns, now }: Scene, instance: NonNullable<Scene['live']['status']>['instance']): string[] {
  const { name, httpUrl, startedAt, revision, detached } = instance;
  const up = `up ${durationText(now - Date.parse(startedAt))}`;
  const facts = [name, httpUrl ?? 'no HTTP', up, `rev ${revision}`, detached ? 'detached' : instance.host];
  return facts.slice(0, columns >= 100 ? 5 : 3);
}

function tabLine({ ui, live, look, columns }: Scene): Line {
  const tabs = VIEWS.flatMap((view, at): Span[] => {
    const name = `${at + 1} ${columns < 78 ? VIEW_NAMES[view].slice(0, 4) : VIEW_NAMES[view]}`;
    const text = columns < 92 ? name : ` ${name} `;
    const isHere = view === ui.view;
    return [
      { ...{ text, target: `view ${view}`, inverse: isHere, bold: isHere }, ...(!isHere && { tone: 'dim' }) },
      { text: ' ' },
    ];
  });
  const alerts = live.status === null ? [] : alertsOf(live.status);
  if (alerts.length === 0) return ends([{ text: ' ' }, ...tabs], EMPTY, columns, look);
  const words = alerts.length === 1 ? (alerts[0] ?? '') : `${alerts.length} alerts`;
  // Told in words where events are.
  const alert = (text: string): Line =>
    line({ text: `${look.glyphs.warning} ${text}`, tone: 'warn', bold: true, target: 'view events' }, ' ');
  const left = [{ text: ' ' }, ...tabs];
  const hasRoom = lineWidth(left) + lineWidth(alert(words)) <= columns;
  return ends(left, alert(hasRoom ? words : `${alerts.length} alert${alerts.length === 1 ? '' : 's'}`), columns, look);
}

function totalsLine({ live, columns, look }: Scene): Line {
  if (live.status === null) return ends(EMPTY, EMPTY, columns, look);
  const shown: Span[] = [{ text: ' ' }];
  // What has no room leaves from the right.
  for (const item of totalItems(totalsOf(live.status))) {
    if (lineWidth(shown) + lineWidth(item) > columns) break;
    shown.push(...item);
  }
  return ends(shown, EMPTY, columns, look);
}

function totalItems(totals: Totals): Line[] {
  const { rate, errorRate, worst, running, target, ongoing, queued, gpus } = totals;
  const errors = rate > 0 ? errorRate / rate : 0;
  const item = (name: string, value: string, tone: Span['tone'] = 'plain'): Line => [
    // Plain: each colour on the way to what has changed is written anew with it.
    span(`${name} `),
    span(value, tone, true),
    { text: '  ' },
  ];
  return [
    // What changes most is at the right: of a line, what follows a change is written anew.
    item('REPLICAS', `${running}/${target}`, running < target ? 'warn' : 'plain'),
    ...(gpus.total > 0 ? [item('GPU', `${amountText(gpus.allocated)}/${gpus.total}`)] : []),
    item('ERR', percentText(errors), errorTone(errors)),
    item('RPS', rateText(rate)),
    item('P99', worst === null ? '-' : latencyText(worst.p99Ms)),
    item('QUEUED', String(queued), queued > 0 ? 'warn' : 'plain'),
    item('ONGOING', String(ongoing)),
  ];
}

/** Of a share of failures. */
export const errorTone = (share: number): 'plain' | 'warn' | 'bad' =>
  share >= 0.01 ? 'bad' : share >= 0.001 ? 'warn' : 'plain';
