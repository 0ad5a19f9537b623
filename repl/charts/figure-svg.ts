/** A figure as an SVG: the same figure, the same bytes. */
import { barsSvg } from './bars-svg.ts';
import type { Figure, Note, Plot } from './figure.ts';
import { describe } from './figure-words.ts';
import { histogramSvg } from './histogram-svg.ts';
import { type Drawn, linesSvg, type Margins, marginsOf, type Room } from './lines-svg.ts';
import { FAILURE, INK, WARNING } from './palette.ts';
import { sharesSvg } from './shares-svg.ts';
import { element, escapeXml, NORMAL, numberText, textAt } from './svg.ts';
import { cutToRoom } from './text-room.ts';

const WIDTH = 680;
/** Of a plot by itself, and of one among others. */
const HIGH = 180;
const LOW = 110;
const MARGIN = 14;
const TITLE_SIZE = 15;
const BETWEEN_PLOTS = 18;
const NOTE_LINE = 18;
const FONTS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif";

const TONES: Readonly<Record<Note['tone'], string>> = { plain: INK, warning: WARNING, failure: FAILURE };

export function figureSvg(figure: Figure): string {
  const inner = WIDTH - 2 * MARGIN;
  let top = MARGIN;
  const parts: string[] = [];
  if (figure.title !== null) {
    parts.push(
      textAt(MARGIN, top + 14, cutToRoom(figure.title, inner, TITLE_SIZE), { size: TITLE_SIZE, weight: 'bold' }),
    );
    top += 28;
  }
  const room = { width: inner, height: figure.plots.length > 1 ? LOW : HIGH };
  const margins = commonMargins(figure.plots, room.height);
  for (const plot of figure.plots) {
    if (plot.title !== null) {
      parts.push(textAt(MARGIN, top + 12, cutToRoom(plot.title, inner, 13), { size: 13, weight: 'bold' }));
      top += 20;
    }
    const drawn = plotSvg(plot, room, margins);
    parts.push(element('g', { transform: `translate(${MARGIN} ${numberText(top)})` }, drawn.svg));
    top += drawn.height + BETWEEN_PLOTS;
  }
  if (figure.plots.length > 0) top -= BETWEEN_PLOTS;
  for (const { text, tone } of figure.notes) {
    top += NOTE_LINE;
    parts.push(textAt(MARGIN, top, cutToRoom(text, inner, NORMAL), { color: TONES[tone] }));
  }
  const height = Math.ceil(top + MARGIN);
  const { name, description } = describe(figure);
  return element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height },
      ...{ role: 'img', 'aria-label': name, 'font-family': FONTS },
    },
    element('title', {}, escapeXml(name)),
    element('desc', {}, escapeXml(description)),
    ...parts,
  );
}

function commonMargins(plots: readonly Plot[], height: number): Margins {
  const all = plots.flatMap((plot) => (plot.kind === 'lines' ? [marginsOf(plot, height)] : []));
  return { left: Math.max(0, ...all.map(({ left }) => left)), right: Math.max(0, ...all.map(({ right }) => right)) };
}

function plotSvg(plot: Plot, room: Room, margins: Margins): Drawn {
  switch (plot.kind) {
    case 'lines':
      return linesSvg(plot, room, margins);
    case 'bars':
      return barsSvg(plot, room.width);
    case 'histogram':
      return histogramSvg(plot, room);
    case 'shares':
      return sharesSvg(plot, room.width);
  }
}
