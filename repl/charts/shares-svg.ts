/** Wholes as long as one another, cut into their parts, with a legend below each. */
import { amount } from '../cli/format.ts';
import type { Part, SharesPlot, Whole } from './figure.ts';
import type { Drawn } from './lines-svg.ts';
import { colorOf, INK } from './palette.ts';
import { element, escapeXml, NORMAL, SMALL, swatch, textAt, tooltip } from './svg.ts';
import { cutToRoom, roomOf } from './text-room.ts';

const BAR = 22;
const SHADOW_BAR = 10;
const LEGEND_LINE = 18;
const BETWEEN_WHOLES = 14;

export function sharesSvg(plot: SharesPlot, width: number): Drawn {
  const groups = [
    ...new Set(plot.wholes.flatMap(({ parts, shadows }) => [...parts, ...shadows]).map(({ group }) => group)),
  ];
  const colorAt = (part: Part): number => groups.indexOf(part.group);
  let top = 0;
  const wholes = plot.wholes.map((whole) => {
    const drawn = wholeSvg(whole, { plot, width, colorAt });
    const svg = element('g', { transform: `translate(0 ${top})` }, drawn.svg);
    top += drawn.height + BETWEEN_WHOLES;
    return svg;
  });
  return { svg: wholes.join(''), height: Math.max(0, top - BETWEEN_WHOLES) };
}

interface Given {
  readonly plot: SharesPlot;
  readonly width: number;
  colorAt(part: Part): number;
}

function wholeSvg({ label, note, parts, shadows }: Whole, { plot, width, colorAt }: Given): Drawn {
  const head = label === '' ? '' : textAt(0, 12, cutToRoom(label, width * 0.6, NORMAL), { weight: 'bold' });
  const room = width - roomOf(label, NORMAL) - 20;
  const beside =
    note === ''
      ? ''
      : textAt(width, 12, cutToRoom(note, Math.max(room, width * 0.4), NORMAL), { anchor: 'end', size: SMALL });
  const barTop = label === '' && note === '' ? 0 : 20;
  const frame = element('rect', {
    ...{ x: 0.5, y: barTop + 0.5, width: width - 1, height: BAR - 1, rx: 2 },
    ...{ fill: INK, 'fill-opacity': 0.08, stroke: INK, 'stroke-opacity': 0.45 },
  });
  let start = 0;
  const drawn = parts.map((part) => {
    const length = part.share * width;
    const svg = element(
      'rect',
      {
        x: start,
        y: barTop,
        width: Math.max(length - 1, Math.min(length, 1)),
        height: BAR,
        fill: colorOf(colorAt(part)),
      },
      tooltip(`${part.name} ${shareText(part.share, plot)}`),
    );
    start += length;
    return svg;
  });
  const copies = shadows.map((part, row) =>
    element(
      'rect',
      {
        ...{ x: 0.75, y: barTop + BAR + 5 + row * (SHADOW_BAR + 4), width: Math.max(part.share * width - 1.5, 1) },
        ...{ height: SHADOW_BAR, fill: colorOf(colorAt(part)), 'fill-opacity': 0.18 },
        ...{ stroke: colorOf(colorAt(part)), 'stroke-width': 1.5, 'stroke-dasharray': '4 3' },
      },
      tooltip(`${part.name} gets copies of ${shareText(part.share, plot)}`),
    ),
  );
  const legendTop = barTop + BAR + shadows.length * (SHADOW_BAR + 4) + (shadows.length > 0 ? 3 : 0);
  const entries = [
    ...parts.map((part): Entry => ({ part, share: shareText(part.share, plot), isShadow: false })),
    ...shadows.map((part): Entry => ({ part, share: `copies of ${shareText(part.share, plot)}`, isShadow: true })),
  ];
  const legend = legendSvg(entries, { top: legendTop, width, colorAt });
  return { svg: [head, beside, frame, ...drawn, ...copies, legend.svg].join(''), height: legendTop + legend.height };
}

interface Entry {
  readonly part: Part;
  readonly share: string;
  readonly isShadow: boolean;
}

interface LegendPlace {
  readonly top: number;
  readonly width: number;
  colorAt(part: Part): number;
}

function legendSvg(entries: readonly Entry[], { top, width, colorAt }: LegendPlace): Drawn {
  let x = 0;
  let row = 0;
  const parts = entries.map(({ part, share, isShadow }) => {
    const shareRoom = 1.1 * roomOf(` ${share}`, NORMAL);
    const name = cutToRoom(part.name, width - 20 - shareRoom, NORMAL);
    const room = 15 + roomOf(name, NORMAL) + shareRoom + 16;
    if (x > 0 && x + room > width + 16) [x, row] = [0, row + 1];
    const y = top + 18 + row * LEGEND_LINE;
    const at = colorAt(part);
    const sign = isShadow
      ? element('rect', {
          ...{ x: x + 0.75, y: y - 8.25, width: 8.5, height: 8.5, fill: colorOf(at), 'fill-opacity': 0.18 },
          ...{ stroke: colorOf(at), 'stroke-width': 1.5, 'stroke-dasharray': '3 2' },
        })
      : swatch(x, y, at);
    const svg = sign + textAt(x + 15, y, `${name} `, {}, element('tspan', { 'font-weight': 'bold' }, escapeXml(share)));
    x += room;
    return svg;
  });
  return { svg: parts.join(''), height: entries.length === 0 ? 0 : 24 + row * LEGEND_LINE };
}

export function shareText(share: number, { as }: SharesPlot): string {
  if (as === 'amount') return amount(share);
  return `${Number((share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1))} %`;
}
