/** The whole screen, as lines: as many as it has rows, each as wide as it is. */
import { type Line, styled } from '../frame/line.ts';
import { block } from '../frame/panel.ts';
import type { Context } from '../ui/context.ts';
import { absentView, emptyView } from './absent.ts';
import { alertsPanel } from './alerts.ts';
import { compactView } from './compact.ts';
import { detailView } from './detail.ts';
import { withDialog } from './dialog.ts';
import { eventsPanel } from './events.ts';
import { footer } from './footer.ts';
import { gpusView } from './gpus.ts';
import { header, isStale } from './header.ts';
import { helpView } from './help.ts';
import { latencyView } from './latency.ts';
import { logView } from './log.ts';
import { overview } from './overview.ts';
import { picturesView } from './pictures.ts';
import { replicasView } from './replicas.ts';
import { type Area, type Scene, sizeOf } from './scene.ts';

const HEADER_ROWS = 3;
/** Header, footer, and of the list its borders and its head. */
const FRAME_ROWS = HEADER_ROWS + 1 + 3;

export const pageRowsOf = (rows: number): number => Math.max(1, rows - FRAME_ROWS);

/** `live`: what is, where `ui` shows what was. */
export function drawScreen(given: Scene): readonly Line[] {
  const { frozen } = given.ui;
  const scene =
    frozen === null
      ? given
      : { ...given, live: { ...frozen, phase: given.live.phase }, log: frozen.log, pictures: frozen.pictures };
  const { columns, rows, look } = scene;
  const size = sizeOf(scene);
  if (size === 'state' || size === 'compact') return withDialog(compactView(scene), { ...scene, live: given.live });
  // How long ago something was is frozen, too.
  const then = frozen === null ? scene : { ...scene, now: frozen.since };
  const body = bodyOf(then, { columns, rows: rows - HEADER_ROWS - 1 });
  // Frozen or lost: what is shown is old, and looks so.
  const shown = isStale(scene) && scene.live.status !== null ? body.map((one) => styled(one, { tone: 'dim' })) : body;
  const screen = [...header(scene), ...shown, footer(scene, contextOf(given))];
  return withDialog(block(screen, columns, rows, look), { ...scene, live: given.live });
}

export const contextOf = ({ ui, live, log, pictures, now, rows, look, readonlyReason }: Scene): Context => ({
  ui,
  live: ui.frozen ?? live,
  now: live,
  log: ui.frozen?.log ?? log,
  pictures: ui.frozen?.pictures ?? pictures,
  time: now,
  pageRows: pageRowsOf(rows),
  look,
  readonlyReason,
});

function bodyOf(scene: Scene, area: Area): readonly Line[] {
  const { ui, live } = scene;
  if (ui.isHelpShown) return helpView(scene, area);
  if (live.status === null) return absentView(scene, area);
  if (ui.detail !== null) return detailView(scene, ui.detail, area);
  switch (ui.view) {
    case 'overview':
      return Object.keys(live.status.endpoints).length === 0 ? emptyView(scene, area) : overview(scene, area);
    case 'replicas':
      return replicasView(scene, area);
    case 'gpus':
      return gpusView(scene, area);
    case 'latency':
      return latencyView(scene, area);
    case 'events': {
      const alerts = alertsPanel(scene, area);
      return [...alerts, ...eventsPanel(scene, { ...area, rows: area.rows - alerts.length }, 'whole')];
    }
    case 'log':
      return logView(scene, area);
    case 'pictures':
      return picturesView(scene, area);
  }
}
