/** What prompts and notebooks on this instance have shown as pictures: the newest, or the one that is chosen. */
import { escapeControls } from '../../lib/index.ts';
import { fromAnsi } from '../frame/from-ansi.ts';
import { type Line, span } from '../frame/line.ts';
import { ASCII, type Glyphs } from '../frame/look.ts';
import { panel } from '../frame/panel.ts';
import { type Column, table } from '../frame/table.ts';
import { durationText } from '../frame/units.ts';
import { parseFilter } from '../model/filter.ts';
import type { ShownPicture } from '../model/pictures.ts';
import { visible } from './list.ts';
import type { Area, Scene } from './scene.ts';

/** Columns beside a picture: borders, and one that keeps it off the left one. */
export const PICTURE_FRAME = 3;
/** Border, head, border. */
const FRAME_ROWS = 3;
const MOST_LISTED = 5;

const titleOf = ({ code }: ShownPicture): string => escapeControls(code.split('\n').at(-1) ?? '');

/** Those that the filter lets through, newest first. */
export function shownPictures({ pictures, ui }: Pick<Scene, 'pictures' | 'ui'>): readonly ShownPicture[] {
  const list = pictures.list ?? [];
  const text = ui.filters.pictures ?? '';
  if (text === '') return list;
  const filter = parseFilter(text);
  return list.filter((one) => filter({ code: one.code, cell: one.count }));
}

/** The newest takes the place of the one before it, unless one was chosen. */
export const chosenPicture = (given: Pick<Scene, 'pictures' | 'ui'>): ShownPicture | undefined => {
  const list = shownPictures(given);
  return list.find(({ key }) => key === given.ui.selected.pictures) ?? list[0];
};

export function picturesView(scene: Scene, area: Area): Line[] {
  const { look, ui } = scene;
  const list = shownPictures(scene);
  const chosen = chosenPicture(scene);
  if (chosen === undefined) {
    return panel({ title: 'Pictures', ...area, tone: 'info' }, [[], [span(noneText(scene), 'dim')]], look);
  }
  const listRows = Math.min(list.length, MOST_LISTED, Math.max(1, Math.floor(area.rows / 4) - FRAME_ROWS)) + FRAME_ROWS;
  const rows = area.rows - listRows;
  const drawn = fromAnsi(look.glyphs === ASCII ? inAscii(chosen.text, look.glyphs) : chosen.text);
  const hidden = drawn.length - (rows - 2);
  const note = hidden > 0 ? `${hidden} more lines in a taller window` : '';
  const isSelected = ({ key }: ShownPicture): boolean => key === chosen.key;
  const listed = visible(list, listRows - FRAME_ROWS, isSelected).rows;
  const filter = ui.filters.pictures ?? '';
  const content = table(
    { columns: columnsOf(scene), rows: listed, width: area.columns - 2, isSelected, idOf: ({ key }) => key },
    look,
  );
  return [
    ...panel({ title: titleOf(chosen), note, columns: area.columns, rows, tone: 'info' }, indented(drawn), look),
    ...panel(
      { title: 'Pictures', note: filter === '' ? '' : `/${filter}`, columns: area.columns, rows: listRows },
      content,
      look,
    ),
  ];
}

const indented = (lines: readonly Line[]): Line[] => lines.map((one) => [{ text: ' ' }, ...one]);

function columnsOf({ now }: Scene): Column<ShownPicture>[] {
  return [
    { id: 'cell', title: 'CELL', width: 5, align: 'right', cell: ({ count }) => String(count) },
    { id: 'age', title: 'CHANGED', width: 8, align: 'right', cell: ({ at }) => durationText(now - Date.parse(at)) },
    { id: 'code', title: 'SHOWN BY', width: 20, most: 120, cell: (one) => ` ${titleOf(one)}` },
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
    .replace(/┤/g, '|')
    .replace(/–/g, '-')
    .replace(/µ/g, 'u')
    .replace(/…/g, mark);
