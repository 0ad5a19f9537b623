/** Bars from nothing to the right, each with its value at its end. */
import type { BarsPlot } from './figure.ts';
import type { Drawn } from './lines-svg.ts';
import { scaleOf, tickText, valueText } from './number-text.ts';
import { colorOf, INK } from './palette.ts';
import { element, line, NORMAL, numberText, SMALL, swatch, textAt, tooltip } from './svg.ts';
import { cutToRoom, roomOf } from './text-room.ts';
import { linearAxis } from './ticks.ts';

const MOST_LABEL_ROOM = 200;
const BAR = 16;
const BETWEEN_BARS = 3;
const BETWEEN_CATEGORIES = 10;

export function barsSvg(plot: BarsPlot, width: number): Drawn {
  const { categories, series, unit } = plot;
  const known = series.flatMap(({ values }) => values).filter((value) => value !== null);
  const axis = linearAxis(Math.min(0, ...known), Math.max(0, ...known), 5);
  const scale = scaleOf(unit, Math.max(Math.abs(axis.from), axis.to));
  const labelRoom = Math.min(Math.max(...categories.map((one) => roomOf(one, NORMAL))), MOST_LABEL_ROOM);
  const valueRoom = Math.max(0, ...known.map((value) => roomOf(valueText(value, unit), SMALL))) + 10;
  const left = labelRoom + 12 + (axis.from < 0 ? valueRoom : 0);
  const right = width - valueRoom;
  const at = (value: number): number => left + axis.place(value) * (right - left);
  const top = 24;
  const group = series.length * (BAR + BETWEEN_BARS) - BETWEEN_BARS + BETWEEN_CATEGORIES;
  const bottom = top + categories.length * group;
  const grid = axis.ticks.map((tick) => {
    const label = textAt(at(tick), bottom + 16, tickText(tick, axis.step, scale), { anchor: 'middle', size: SMALL });
    return line(at(tick), top, at(tick), bottom, tick === 0 ? 0.7 : 0.22) + label;
  });
  const rows = categories.map((category, row) => {
    const start = top + row * group + BETWEEN_CATEGORIES / 2;
    const middle = start + (group - BETWEEN_CATEGORIES) / 2;
    const label = textAt(labelRoom, middle + 4, cutToRoom(category, MOST_LABEL_ROOM, NORMAL), { anchor: 'end' });
    const bars = series.map(({ name, values }, index) => {
      const value = values[row] ?? null;
      const height = start + index * (BAR + BETWEEN_BARS);
      const said = `${category}: ${name}`;
      if (value === null) return textAt(at(0) + 6, height + 12, '–', { size: SMALL });
      return barSvg({ value, unit, at, height, color: colorOf(index), said });
    });
    return label + bars.join('');
  });
  return { svg: [headSvg(plot, width), ...grid, ...rows].join(''), height: bottom + 24 };
}

interface Bar {
  readonly value: number;
  readonly unit: string;
  at(value: number): number;
  readonly height: number;
  readonly color: string;
  readonly said: string;
}

function barSvg({ value, unit, at, height, color, said }: Bar): string {
  const [from, to] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
  const text = valueText(value, unit);
  const bar = element(
    'rect',
    {
      x: from,
      y: height,
      width: Math.max(Number(numberText(to - from)), value === 0 ? 0 : 1),
      height: BAR,
      fill: color,
      rx: 1,
    },
    tooltip(`${said} ${text}`),
  );
  const label =
    value < 0
      ? textAt(from - 6, height + 12, text, { anchor: 'end', size: SMALL })
      : textAt(to + 6, height + 12, text, { size: SMALL });
  return bar + label;
}

/** One series says what it is above the bars, several in a legend. */
function headSvg({ name, series }: BarsPlot, width: number): string {
  const [only] = series;
  if (series.length === 1) return textAt(0, 12, cutToRoom(`${only?.name ?? ''} by ${name}`, width, NORMAL));
  let x = 0;
  const parts = series.map((one, index) => {
    const text = cutToRoom(one.name, 140, NORMAL);
    const svg = swatch(x, 12, index) + textAt(x + 15, 12, text, { color: INK });
    x += 15 + roomOf(text, NORMAL) + 18;
    return svg;
  });
  return parts.join('') + textAt(width, 12, cutToRoom(`by ${name}`, Math.max(0, width - x), NORMAL), { anchor: 'end' });
}
