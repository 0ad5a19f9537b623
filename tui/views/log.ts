/** What the instance and its replicas print: each line with the replica that printed it. */
import { escapeControls } from '../../lib/index.ts';
import { type Line, line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { fit } from '../frame/width.ts';
import { parseFilter } from '../model/filter.ts';
import type { Area, Scene } from './scene.ts';

/** `model#1 | what it printed`; the instance's own lines have no mark. */
const MARK = /^([A-Za-z0-9][\w.:-]*#\d+) \| (.*)$/s;
const TAG_COLUMNS = 18;

interface LogLine {
  /** Null: of the instance itself. */
  readonly replica: string | null;
  readonly text: string;
}

function lineOf(given: string): LogLine {
  const [, replica = null, text = given] = MARK.exec(given) ?? [];
  return { replica, text };
}

/** Those that the filter lets through, oldest first. */
export function shownLog({ log, ui }: Pick<Scene, 'log' | 'ui'>): LogLine[] {
  const lines = log.lines.map(lineOf);
  const text = ui.filters.log ?? '';
  if (text === '') return lines;
  const filter = parseFilter(text);
  // What the instance says of a replica names it.
  return lines.filter(({ replica, text: words }) => filter({ replica: replica ?? words, text: words }));
}

export function logView(scene: Scene, area: Area): Line[] {
  const { ui, look, log } = scene;
  const rows = area.rows - 2;
  const all = shownLog(scene);
  const last = Math.max(Math.min(rows, all.length), all.length - ui.scrolled);
  const filter = ui.filters.log ?? '';
  const notes = [
    filter === '' ? '' : `/${filter}`,
    last < all.length ? `${all.length - last} newer` : 'following',
    'L all of it',
  ];
  const none =
    log.problem !== null
      ? `  ${log.problem}`
      : filter !== '' && log.lines.length > 0
        ? `  No line matches /${filter}  (Esc clears the filter)`
        : '  Nothing has been printed.';
  const shown = all.slice(Math.max(0, last - rows), last);
  const content = shown.map(({ replica, text }) =>
    line(
      span(` ${fit(replica ?? '', TAG_COLUMNS, 'left', look.glyphs.mark)} `, 'info'),
      span(escapeControls(text), replica === null ? 'dim' : 'plain'),
    ),
  );
  return panel(
    { title: 'Log', note: notes.filter((part) => part !== '').join('  '), ...area, tone: 'info' },
    content.length === 0 ? [[], [span(none, 'dim')]] : content,
    look,
  );
}
