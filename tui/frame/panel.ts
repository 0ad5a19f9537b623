/** Boxes with a title, and blocks of an exact size. */
import { fitLine, type Line, line, lineWidth, overlayLine, type Span, span, type Tone } from './line.ts';
import type { Look } from './look.ts';

export interface PanelGiven {
  readonly title: string;
  /** At the right end of its upper edge. */
  readonly note?: string;
  readonly columns: number;
  readonly rows: number;
  readonly tone?: Tone;
}

/** Content in a box of exactly this size: what is too much is cut. */
export function panel(
  { title, note = '', columns, rows, tone = 'dim' }: PanelGiven,
  content: readonly Line[],
  look: Look,
): Line[] {
  const [topLeft, topRight, bottomRight, bottomLeft, across, down] = look.glyphs.box;
  const inside = Math.max(0, columns - 2);
  if (columns < 4 || rows < 2) return block(content, columns, rows, look);
  const edgeTone = edgeToneOf(tone);
  const edge = span(down, edgeTone);
  const body = block(content, inside, rows - 2, look);
  return [
    [span(topLeft, edgeTone), ...titleEdge(title, note, inside, across, tone, look), span(topRight, edgeTone)],
    ...body.map((one) => [edge, ...one, edge]),
    [span(bottomLeft + across.repeat(inside) + bottomRight, edgeTone)],
  ];
}

/** Only what asks has coloured edges: of a line that changes, every style before the change is sent again. */
const edgeToneOf = (tone: Tone): Tone => (tone === 'warn' || tone === 'bad' ? tone : 'plain');

function titleEdge(title: string, note: string, columns: number, across: string, tone: Tone, look: Look): Line {
  const edgeTone = edgeToneOf(tone);
  const left: Span[] = [span(`${across} `, edgeTone), span(title, tone === 'dim' ? 'plain' : tone, true), span(' ')];
  const right: Span[] = note === '' ? [] : [span(` ${note} `, 'dim'), span(across, edgeTone)];
  const gap = columns - lineWidth(left) - lineWidth(right);
  if (gap >= 1) return [...left, span(across.repeat(gap), edgeTone), ...right];
  // The note leaves before the title is cut.
  return note === '' ? fitLine(left, columns, look.glyphs.mark) : titleEdge(title, '', columns, across, tone, look);
}

/** Exactly so many rows and columns of it. */
export const block = (content: readonly Line[], columns: number, rows: number, look: Look): Line[] =>
  Array.from({ length: Math.max(0, rows) }, (_, row) => fitLine(content[row] ?? [], columns, look.glyphs.mark));

/** A block over the middle of others, at `row`. */
export function overlay(under: readonly Line[], over: readonly Line[], column: number, row: number): Line[] {
  return under.map((one, at) => {
    const above = over[at - row];
    return above === undefined ? one : overlayLine(one, above, column);
  });
}

/** Left and right end of a line of `columns`; of the right one, what there is room for. */
export function ends(left: Line, right: Line, columns: number, look: Look): Line {
  const gap = columns - lineWidth(left) - lineWidth(right);
  if (gap >= 0) return [...left, ...line(' '.repeat(gap)), ...right];
  return fitLine(left, columns, look.glyphs.mark);
}
