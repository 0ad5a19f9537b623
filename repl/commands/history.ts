import { escapeControls } from '../../lib/index.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { CellRecord } from '../session/cell-record.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal } from './command.ts';
import { preciseText } from './units.ts';

/** The newest; `.data` has them all. */
const MOST_CELLS = 50;

export const command: Command<[text?: string]> = {
  parse: (_, line) => (line === '' ? [] : [line]),
  call: (text) => `await show.history(${text === undefined ? '' : literal(text)})`,
  run: async ({ cells }, text = '') => {
    const wanted = text.toLowerCase();
    // What opens a file ends after the cells in it.
    const found = cells.filter(({ code }) => code.toLowerCase().includes(wanted)).toSorted((a, b) => a.count - b.count);
    return new Shown(found, (look) => {
      if (found.length === 0)
        return text === '' ? 'no cell has run yet' : `no cell has '${escapeControls(text)}' in it`;
      const left = found.length - MOST_CELLS;
      const shown = found.slice(-MOST_CELLS).map((cell) => cellText(cell, look));
      return [...(left > 0 ? [`… ${left} before these`] : []), ...shown].join('\n');
    });
  },
};

function cellText({ count, code, status, ms }: CellRecord, look: Look): string {
  const [first = '', ...rest] = code
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/[^\t]+/g, escapeControls));
  const number = `[${count}]`.padStart(5);
  const end = status === 'ok' ? paint(look, 'dim', preciseText(ms)) : paint(look, 'red', 'failed');
  return [`${paint(look, 'dim', number)} ${first}  ${end}`, ...rest.map((line) => `      ${line}`)].join('\n');
}
