/** How often values are how large, with lines where percentiles stand. */
import type { HistogramPlot, Mark } from './figure.ts';
import type { Drawn, Room } from './lines-svg.ts';
import { type Scale, scaleOf, tickText, valueText } from './number-text.ts';
import { colorOf, INK } from './palette.ts';
import { element, line, NORMAL, numberText, SMALL, textAt, tooltip } from './svg.ts';
import { roomOf } from './text-room.ts';
import { linearAxis } from './ticks.ts';

const MARK_LINE = 15;
const COUNT_TICKS = 3;

export function histogramSvg(plot: HistogramPlot, { width, height: plotHeight }: Room): Drawn {
  const { bins, unit } = plot;
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const counts = linearAxis(0, most, COUNT_TICKS, 'whole');
  const plain: Scale = { factor: 1, suffix: '' };
  const labels = counts.ticks.map((tick) => tickText(tick, counts.step, plain));
  const left = Math.max(...labels.map((label) => roomOf(label, SMALL))) + 10;
  const right = width - 20;
  const [from, to] = [bins[0]?.from ?? 0, bins.at(-1)?.to ?? 1];
  const at = (value: number): number => left + ((value - from) / (to - from)) * (right - left);
  const marks = marksOf(plot.marks, { from, to, at, right, unit });
  const top = 22 + marks.lines * MARK_LINE;
  const bottom = top + plotHeight;
  const height = (count: number): number => bottom - counts.place(count) * plotHeight;
  const grid = counts.ticks.map(
    (tick, index) =>
      line(left, height(tick), right, height(tick), index === 0 ? 0.7 : 0.22) +
      textAt(left - 8, height(tick) + 4, labels[index] ?? '', { anchor: 'end', size: SMALL }),
  );
  const bars = bins.map((bin) => {
    const [start, end] = [at(bin.from), at(bin.to)];
    const said = `${valueText(bin.from, unit)} to ${valueText(bin.to, unit)}: ${bin.count}`;
    const rect = { x: start + 0.5, y: height(bin.count), width: end - start - 1, height: bottom - height(bin.count) };
    return bin.count === 0 ? '' : element('rect', { ...rect, fill: colorOf(0), 'fill-opacity': 0.85 }, tooltip(said));
  });
  const drawn = marks.placed.map((mark) => markSvg(mark, top, bottom));
  const svg = [
    textAt(0, 12, headOf(plot)),
    ...grid,
    ...bars,
    axisSvg(plot, { at, from, to, bottom, room: right - left }),
    ...drawn,
  ];
  return { svg: svg.join(''), height: bottom + 26 };
}

/** How many there are, and those that have no bin. */
function headOf({ bins, beyond, unit }: HistogramPlot): string {
  const counted = bins.reduce((sum, { count }) => sum + count, 0) + (beyond?.count ?? 0);
  const text = `how many of ${tickText(counted, 1, { factor: 1, suffix: '' })}`;
  if (beyond === null) return text;
  const end = valueText(bins.at(-1)?.to ?? 0, unit);
  return `${text}; ${beyond.count} beyond ${end}, up to ${valueText(beyond.most, unit)}, not drawn`;
}

interface AxisPlace {
  at(value: number): number;
  readonly from: number;
  readonly to: number;
  readonly bottom: number;
  readonly room: number;
}

function axisSvg({ unit }: HistogramPlot, { at, from, to, bottom, room }: AxisPlace): string {
  const axis = linearAxis(from, to, room / 80);
  const scale = scaleOf(unit, Math.max(Math.abs(from), Math.abs(to)));
  return axis.ticks
    .filter((tick) => tick >= from && tick <= to)
    .map((tick) => {
      const text = textAt(at(tick), bottom + 18, tickText(tick, axis.step, scale), { anchor: 'middle', size: SMALL });
      return element('path', { d: `M${numberText(at(tick))} ${numberText(bottom)}v4`, stroke: INK }) + text;
    })
    .join('');
}

interface MarkPlace {
  readonly from: number;
  readonly to: number;
  at(value: number): number;
  readonly right: number;
  readonly unit: string;
}

interface PlacedMark {
  readonly x: number;
  readonly text: string;
  /** Its row above the plot, from the top. */
  readonly row: number;
  /** To the left of its line, where there is no room at the right. */
  readonly anchor: 'start' | 'end';
}

/** Names in as many rows as keep them apart; one whose value is not in the picture is not drawn. */
function marksOf(marks: readonly Mark[], { from, to, at, right, unit }: MarkPlace) {
  const ends: number[] = [];
  const inside = marks.filter(({ value }) => value >= from && value <= to).toSorted((a, b) => a.value - b.value);
  const placed = inside.map(({ name, value }): PlacedMark => {
    const text = `${name} ${valueText(value, unit)}`;
    const room = roomOf(text, NORMAL) + 12;
    const anchor = at(value) + room > right + 20 ? 'end' : 'start';
    const start = anchor === 'start' ? at(value) : at(value) - room;
    const free = ends.findIndex((end) => end <= start);
    const row = free < 0 ? ends.length : free;
    ends[row] = anchor === 'start' ? at(value) + room : at(value) + 4;
    return { x: at(value), text, row, anchor };
  });
  return { placed, lines: ends.length };
}

function markSvg({ x, text, row, anchor }: PlacedMark, top: number, bottom: number): string {
  const color = colorOf(1);
  const height = 22 + row * MARK_LINE;
  const stem = element('path', {
    ...{ d: `M${numberText(x)} ${numberText(height)}V${numberText(bottom)}`, stroke: color },
    ...{ 'stroke-width': 1.5, 'stroke-dasharray': row === 0 && top === 0 ? undefined : '4 3' },
  });
  return stem + textAt(x + (anchor === 'start' ? 5 : -5), height + 10, text, { anchor, color, weight: 'bold' });
}
