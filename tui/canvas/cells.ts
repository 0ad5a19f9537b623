import type { Line, Span, Tone } from '../frame/line.ts';
import type { Cell } from './blessed.ts';

/** No colour was set. */
const DEFAULT = 0x1ff;
const BOLD = 1;

/** Cells as a line, colours by what they mean here; `from` up to `to`. */
export function cellsToLine(cells: readonly Cell[], from: number, to: number, toneOf: (color: number) => Tone): Line {
  const spans: Span[] = [];
  let attributes = -1;
  let text = '';
  for (const [own, character] of cells.slice(from, to)) {
    if (own !== attributes && text !== '') {
      spans.push(spanOf(attributes, text, toneOf));
      text = '';
    }
    attributes = own;
    // The second half of a wide character is an empty cell.
    text += character === '\x00' ? '' : character;
  }
  if (text !== '') spans.push(spanOf(attributes, text, toneOf));
  return spans;
}

function spanOf(attributes: number, text: string, toneOf: (color: number) => Tone): Span {
  const foreground = (attributes >> 9) & DEFAULT;
  const bold = ((attributes >> 18) & BOLD) !== 0;
  return { text, tone: foreground === DEFAULT ? 'plain' : toneOf(foreground), ...(bold && { bold }) };
}
