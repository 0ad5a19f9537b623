import { moved } from '../views/list.ts';
import { hiddenLines } from '../views/pictures.ts';
import { type Context, rowIds } from './context.ts';
import type { Ui } from './ui.ts';

/** Rows of a view, less those of a page of a list in it: its borders and its head. */
const FRAME_ROWS = 3;

/** The first is whichever is the newest then, too. */
export function newestPicture(ui: Ui): Ui {
  const { pictures: _, ...selected } = ui.selected;
  return { ...ui, selected, scrolled: 0 };
}

/** From picture to picture; by pages, in the one that is shown. */
export function movedInPictures(context: Context, distance: number | 'page up' | 'page down'): Ui {
  const { ui, pageRows } = context;
  if (typeof distance === 'string') {
    const most = hiddenLines(context, pageRows + FRAME_ROWS);
    const page = Math.max(1, Math.floor(pageRows / 2)) * (distance === 'page up' ? -1 : 1);
    return { ...ui, scrolled: Math.max(0, Math.min(most, ui.scrolled + page)) };
  }
  const ids = rowIds(context, 'pictures');
  const next = moved(ids, ui.selected.pictures ?? ids[0], distance);
  if (next === undefined || next === ids[0]) return newestPicture(ui);
  return { ...ui, scrolled: 0, selected: { ...ui.selected, pictures: next } };
}
