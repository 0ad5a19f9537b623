/** What prompts and notebooks on this instance have shown as pictures: the newest, or the one that is chosen. */
import { escapeControls } from '../../lib/index.ts';
import { fromAnsi } from '../frame/from-ansi.ts';
import { type Line, span } from '../frame/line.ts';
import { ASCII, type Glyphs, type Look } from '../frame/look.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { durationText } from '../frame/units.ts';
import { fit } from '../frame/width.ts';
import { parseFilter } from '../model/filter.ts';
import type { ShownPicture } from '../model/pictures.ts';
import { visible } from './list.ts';
import type { Area, Scene } from './scene.ts';

/** Columns beside a picture: borders, and one that keeps it off the left one. */
export const PICTURE_FRAME = 3;
/** Border, head, border. */
const FRAME_ROWS = 3;
const MOST_LISTED = 5;

/** Of its cell, the line that says so. */
function shownBy({ code }: ShownPicture): string {
  const lines = code.split('\n');
  return escapeControls(lines.find((one) => /\b(?:chart|show|display)\b/.test(one)) ?? lines.at(-1) ?? '');
}

const titleOf = (one: ShownPicture): string => (one.title === null ? shownBy(one) : escapeControls(one.title));

/** Those that the filter lets through, newest first. */
export function shownPictures({ pictures, ui }: Pick<Scene, 'pictures' | 'ui'>): readonly ShownPicture[] {
  const list = pictures.list ?? [];
  const text = ui.filters.pictures ?? '';
  if (text === '') return list;
  const filter = parseFilter(text);
  return list.filter((one) => filter({ title: one.title ?? '', code: one.code, cell: one.count, session: one.pid }));
}

/** The newest takes the place of the one before it, unless another was chosen. */
export function chosenPicture(given: Pick<Scene, 'pictures' | 'ui'>): ShownPicture | undefined {
  const list = shownPictures(given);
  return list.find(({ key }) => key === given.ui.selected.pictures) ?? list[0];
}

const listRowsOf = (listed: number, rows: number): number =>
  Math.min(listed, MOST_LISTED, Math.max(1, Math.floor(rows / 4) - FRAME_ROWS)) + FRAME_ROWS;

/** Lines of the chosen one that have no room, where the view has so many rows. */
export function hiddenLines(given: Pick<Scene, 'pictures' | 'ui'>, rows: number): number {
  const lines = chosenPicture(given)?.text.split('\n').length ?? 0;
  return Math.max(0, lines - (rows - listRowsOf(shownPictures(given).length, rows) - 2));
}

export function picturesView(scene: Scene, area: Area): Line[] {
  const { look, ui } = scene;
  const { columns } = area;
  const list = shownPictures(scene);
  const chosen = chosenPicture(scene);
  if (chosen === undefined) {
    return panel({ title: 'Pictures', ...area, tone: 'info' }, [[], [span(noneText(scene), 'dim')]], look);
  }
  const listRows = listRowsOf(list.length, area.rows);
  const hidden = hiddenLines(scene, area.rows);
  const from = Math.min(ui.scrolled, hidden);
  const note = hidden === 0 ? '' : `${from} lines above, ${hidden - from} below  PgUp PgDn`;
  const title = fit(titleOf(chosen), Math.max(8, columns - note.length - 10), 'left', look.glyphs.mark).trimEnd();
  const isSelected = ({ key }: ShownPicture): boolean => key === chosen.key;
  const filter = ui.filters.pictures ?? '';
  const isNewest = ui.selected.pictures === undefined;
  const listNote = `${filter === '' ? '' : `/${filter}  `}${isNewest ? 'the newest is shown' : 'g shows the newest'}`;
  const content = table(
    {
      columns: columnsOf(scene, list),
      rows: visible(list, listRows - FRAME_ROWS, isSelected).rows,
      ...{ width: columns - 2, isSelected, idOf: ({ key }: ShownPicture) => key },
    },
    look,
  );
  return [
    ...panel({ title, note, columns, rows: area.rows - listRows, tone: 'info' }, linesOf(chosen, look, from), look),
    ...panel({ title: 'Pictures', note: listNote, columns, rows: listRows }, content, look),
  ];
}

const linesOf = ({ text }: ShownPicture, { glyphs }: Look, from: number): Line[] =>
  fromAnsi(glyphs === ASCII ? inAscii(text, glyphs) : text)
    .slice(from)
    .map((one) => [{ text: ' ' }, ...one]);

function columnsOf({ now }: Scene, list: readonly ShownPicture[]): Column<ShownPicture>[] {
  const session: Column<ShownPicture> = {
    ...{ id: 'session', title: 'SESSION', width: 8, align: 'right', rank: 1, cell: ({ pid }) => String(pid) },
  };
  return [
    ...(new Set(list.map(({ pid }) => pid)).size > 1 ? [session] : []),
    { id: 'cell', title: 'CELL', width: 5, align: 'right', cell: ({ count }) => String(count) },
    { id: 'age', title: 'CHANGED', width: 8, align: 'right', cell: ({ at }) => durationText(now - Date.parse(at)) },
    { id: 'title', title: 'TITLE', width: 12, most: 32, rank: 2, cell: (one) => escapeControls(one.title ?? '') },
    { id: 'code', title: 'SHOWN BY', width: 20, most: 120, cell: shownBy },
  ];
}

function noneText({ pictures, ui, name }: Scene): string {
  if (pictures.problem !== null) return `  ${pictures.problem}`;
  if (pictures.list === null) return '  Looking...';
  if (pictures.list.length > 0) return `  No picture matches /${ui.filters.pictures}  (Esc clears the filter)`;
  return `  What a prompt or a notebook on '${name}' shows as a picture is drawn here: chart.lines(...), show.load(...).`;
}

/** Bars and axes of what was drawn without knowing this terminal. */
const inAscii = (text: string, { full, mark }: Glyphs): string =>
  text
    .replace(/[▏▎▍▌▋▊▉█▁▂▃▄▅▆▇]/g, full)
    .replace(/[┤│]/g, '|')
    .replace(/–/g, '-')
    .replace(/µ/g, 'u')
    .replace(/…/g, mark);
