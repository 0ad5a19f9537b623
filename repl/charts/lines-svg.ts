/** Lines over an axis, each named where it ends. */
import type { LinesPlot, Series } from './figure.ts';
import { scaleOf, tickText, valueText } from './number-text.ts';
import { colorOf, dashOf, INK } from './palette.ts';
import { element, line, NORMAL, numberText, SMALL, textAt, tooltip } from './svg.ts';
import { cutToRoom, roomOf } from './text-room.ts';
import { type Axis, linearAxis, logAxis } from './ticks.ts';
import { xText } from './x-text.ts';

/** What a plot is given of the picture. */
export interface Room {
  readonly width: number;
  /** Of what is drawn, without what is said around it. */
  readonly height: number;
}

/** Beside the lines: numbers at the left, names at the right. */
export interface Margins {
  readonly left: number;
  readonly right: number;
}

export interface Drawn {
  readonly svg: string;
  readonly height: number;
}

const TICK_HEIGHT = 36;
const MOST_NAME_ROOM = 170;
/** Of points: more are a line alone. */
const MOST_DOTS = 40;
/** More of them are smaller. */
const FEW_DOTS = 16;
/** Of two names at the ends of lines. */
const LINE_HEIGHT = 15;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What these would take. Plots below one another take the largest of theirs, so that their axes are one. */
export function marginsOf(plot: LinesPlot, height: number): Margins {
  const { labels } = yLabelsOf(plot, height);
  const nameRoom = Math.max(0, ...plot.series.map(({ name }) => roomOf(name, NORMAL)));
  return {
    left: Math.max(...labels.map((label) => roomOf(label, SMALL))) + 10,
    right: plot.series.length > 1 ? Math.min(nameRoom, MOST_NAME_ROOM) + 18 : 20,
  };
}

function yLabelsOf(plot: LinesPlot, height: number) {
  const axis = yAxisOf(plot, Math.round(height / TICK_HEIGHT));
  const scale = scaleOf(plot.unit, axis.to);
  // Ticks of different sizes have as many digits as each needs.
  const text = (tick: number): string =>
    plot.log.includes('y') ? valueText(tick, plot.unit) : tickText(tick, axis.step, scale);
  return { axis, labels: axis.ticks.map(text) };
}

export function linesSvg(plot: LinesPlot, { width, height }: Room, margins: Margins): Drawn {
  const isNamed = plot.series.length > 1;
  const { axis: y, labels } = yLabelsOf(plot, height);
  const [only] = plot.series;
  const top = isNamed ? 8 : 24;
  const box: Box = { left: margins.left, right: width - margins.right, top, bottom: top + height };
  const at = (place: number): number => box.bottom - place * height;
  const grid = y.ticks.map((tick, index) => {
    const tickAt = at(y.place(tick));
    const text = textAt(box.left - 8, tickAt + 4, labels[index] ?? '', { anchor: 'end', size: SMALL });
    return line(box.left, tickAt, box.right, tickAt, tick === 0 || index === 0 ? 0.7 : 0.22) + text;
  });
  const x = xAxisOf(plot, box);
  const drawn = plot.series.map((series, index) =>
    seriesSvg(series, index, { plot, x: x.at, y: (v) => at(y.place(v)) }),
  );
  const name = isNamed ? '' : textAt(0, 12, cutToRoom(only?.name ?? '', width, NORMAL));
  const names = isNamed ? namesSvg(plot.series, box, (value) => at(y.place(value))) : '';
  const under = textAt((box.left + box.right) / 2, box.bottom + 36, plot.x.name, { anchor: 'middle' });
  return { svg: [name, ...grid, x.svg, ...drawn, names, under].join(''), height: box.bottom + 42 };
}

function yAxisOf({ series, log }: LinesPlot, ticks: number): Axis {
  const known = series.flatMap(({ values }) => values).filter((value) => value !== null);
  const [least, most] = known.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (known.length === 0) return linearAxis(0, 1, ticks);
  return log.includes('y') ? logAxis(least, most) : linearAxis(Math.min(0, least), Math.max(0, most), ticks);
}

interface DrawnAxis {
  /** Of the value at this index. */
  at(index: number): number;
  readonly svg: string;
}

function xAxisOf({ x, log }: LinesPlot, box: Box): DrawnAxis {
  const span = box.right - box.left;
  if (x.type === 'texts') {
    const step = span / x.values.length;
    const at = (index: number): number => box.left + (index + 0.5) * step;
    const room = Math.max(step - 6, 60);
    const labels = x.values.map((text, index) => ({ text: cutToRoom(text, room, SMALL), at: at(index) }));
    return { at, svg: xLabels(labels, box) };
  }
  const [least, most] = x.span ?? [x.values[0] ?? 0, x.values.at(-1) ?? 0];
  const isLog = log.includes('x');
  const measure = (value: number): number => (isLog ? Math.log10(value) : value);
  const [start, end] = [measure(least), measure(most)];
  const place = (value: number): number =>
    end === start ? box.left + span / 2 : box.left + ((measure(value) - start) / (end - start)) * span;
  const ticks = x.span === null ? xTicks(x.values, isLog, span) : roundTicks([least, most], isLog, span);
  const scale = scaleOf(x.unit, Math.max(Math.abs(least), Math.abs(most)));
  const labels = ticks.values.map((value) => ({ text: tickText(value, ticks.step, scale), at: place(value) }));
  return { at: (index) => place(x.values[index] ?? least), svg: xLabels(labels, box) };
}

/** The values themselves where they are few, as in a sweep; else round numbers between them. */
function xTicks(values: readonly number[], isLog: boolean, span: number) {
  const distinct = [...new Set(values)];
  if (distinct.length <= 12) return { values: distinct, step: finest(distinct) };
  return roundTicks([values[0] ?? 0, values.at(-1) ?? 0], isLog, span);
}

function roundTicks([least, most]: readonly [number, number], isLog: boolean, span: number) {
  const axis = isLog ? logAxis(least, most) : linearAxis(least, most, span / 80);
  return { values: axis.ticks.filter((tick) => tick >= least && tick <= most), step: axis.step };
}

/** As many digits as tell them apart. */
function finest(values: readonly number[]): number {
  const decimals = values.map((value) => /\.(\d+)$/.exec(String(Number(value.toPrecision(4))))?.[1]?.length ?? 0);
  return 10 ** -Math.max(0, ...decimals);
}

/** From the right, so that the last is said; those that would touch their neighbour are left out. */
function xLabels(labels: readonly { readonly text: string; readonly at: number }[], box: Box): string {
  let free = Number.POSITIVE_INFINITY;
  const parts = labels.toReversed().map(({ text, at }) => {
    const half = roomOf(text, SMALL) / 2;
    const tick = element('path', { d: `M${numberText(at)} ${numberText(box.bottom)}v4`, stroke: INK });
    if (at + half > free) return tick;
    free = at - half - 8;
    return tick + textAt(at, box.bottom + 18, text, { anchor: 'middle', size: SMALL });
  });
  return parts.toReversed().join('');
}

interface Placed {
  readonly plot: LinesPlot;
  x(index: number): number;
  y(value: number): number;
}

function seriesSvg({ name, values }: Series, index: number, { plot, x, y }: Placed): string {
  const color = colorOf(index);
  const runs = runsOf(values);
  const path = runs
    .filter(({ length }) => length > 1)
    .flatMap((run) =>
      run.map(([at, value], nth) => `${nth === 0 ? 'M' : 'L'}${numberText(x(at))} ${numberText(y(value))}`),
    )
    .join('');
  const isDotted = values.length <= MOST_DOTS;
  const dots = runs
    .filter((run) => isDotted || run.length === 1)
    .flat()
    .map(([at, value]) => {
      const said = `${plot.x.name} ${xText(plot, at)}: ${name} ${valueText(value, plot.unit)}`;
      return element(
        'circle',
        { cx: x(at), cy: y(value), r: values.length > FEW_DOTS ? 2.4 : 3.2, fill: color },
        isDotted ? tooltip(said) : '',
      );
    });
  const stroke = { fill: 'none', stroke: color, 'stroke-width': 2, 'stroke-linejoin': 'round' };
  const drawn = path === '' ? '' : element('path', { d: path, ...stroke, 'stroke-dasharray': dashOf(index) });
  return drawn + dots.join('');
}

type Point = readonly [at: number, value: number];

/** Points that follow one another without a gap. */
function runsOf(values: readonly (number | null)[]): readonly (readonly Point[])[] {
  const runs: Point[][] = [];
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    const isNext = at > 0 && values[at - 1] !== null;
    if (isNext) runs.at(-1)?.push([at, value]);
    else runs.push([[at, value]]);
  }
  return runs;
}

/** At the height of each last value, and one below another where these are near. */
function namesSvg(series: readonly Series[], box: Box, y: (value: number) => number): string {
  const ends = series.flatMap(({ name, values }, index) => {
    const last = values.findLast((value) => value !== null);
    return last === undefined ? [] : [{ name, index, height: y(last) }];
  });
  const sorted = ends.toSorted((a, b) => a.height - b.height || a.index - b.index);
  const heights = apart(
    sorted.map(({ height }) => height),
    box.top + 4,
    box.bottom,
  );
  return sorted
    .map(({ name, index }, nth) => {
      const color = colorOf(index);
      return textAt(box.right + 10, (heights[nth] ?? 0) + 4, cutToRoom(name, MOST_NAME_ROOM, NORMAL), {
        color,
        weight: 'bold',
      });
    })
    .join('');
}

/** Ascending heights, pushed down where two are too near, and up again where that goes too far. */
function apart(wanted: readonly number[], top: number, bottom: number): readonly number[] {
  const heights = [...wanted];
  for (let at = 0; at < heights.length; at++) {
    heights[at] = Math.max(heights[at] ?? 0, at === 0 ? top : (heights[at - 1] ?? 0) + LINE_HEIGHT);
  }
  for (let at = heights.length - 1; at >= 0; at--) {
    const below = at === heights.length - 1 ? bottom : (heights[at + 1] ?? 0) - LINE_HEIGHT;
    heights[at] = Math.min(heights[at] ?? 0, below);
  }
  return heights;
}
