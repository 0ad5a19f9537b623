/** What asks for attention, in words: as many as there is room for beside other things. */
import { escapeControls } from '../../lib/index.ts';
import { type Line, line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { alertsOf } from '../model/rows.ts';
import type { Area, Scene } from './scene.ts';

const MOST = 6;

/** Nothing where there is nothing. */
export function alertsPanel({ live, look }: Scene, { columns, rows }: Area): Line[] {
  const alerts = live.status === null ? [] : alertsOf(live.status);
  if (alerts.length === 0) return [];
  const shown = alerts.slice(0, Math.max(1, Math.min(MOST, Math.floor(rows / 2) - 2)));
  const more = alerts.length - shown.length;
  const content = shown.map((text) => line(span(` ${look.glyphs.warning} `, 'warn', true), escapeControls(text)));
  const note = more === 0 ? String(alerts.length) : `${shown.length} of ${alerts.length}`;
  return panel({ title: 'Alerts', note, columns, rows: shown.length + 2, tone: 'warn' }, content, look);
}
