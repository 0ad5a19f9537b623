/** Charts of one's own numbers: `chart` at the prompt, in notebooks and in scripts. */
import type { Shown } from '../display/shown.ts';
import { binsOf } from './bins.ts';
import type {
  BarsPlot,
  Figure,
  HistogramPlot,
  LinesPlot,
  LogAxes,
  Plot,
  Series,
  SharesPlot,
  XValues,
} from './figure.ts';
import { shownFigure } from './figure-shown.ts';
import * as read from './rows.ts';
import { thinned } from './thinned.ts';

export interface ChartGiven {
  readonly title?: string;
  /** Behind each number: `ms` and `B` are scaled as they need it, all others stand as they are. */
  readonly unit?: string;
}

export interface ColumnsGiven<Row> extends ChartGiven {
  /** The column that lies along, or names the bars. */
  readonly x: keyof Row & string;
  /** A line, or a bar, for each. */
  readonly y: (keyof Row & string) | readonly (keyof Row & string)[];
}

export interface LinesGiven<Row> extends ColumnsGiven<Row> {
  /** The axes that grow by factors. Default: none. */
  readonly log?: Exclude<LogAxes, 'none'>;
}

export interface HistogramGiven extends ChartGiven {
  /** About how many. Default: by the values, of which a few that are far off are not drawn, but counted. */
  readonly bins?: number;
  /** Lines to draw over it, as percentiles. */
  readonly marks?: Readonly<Record<string, number>>;
}

/** Data with a picture. */
export type Chart<Data> = Shown<Data> & { readonly svg: string };

/** So many lines can be told apart, and their names have room. */
const MOST_LINES = 12;
const MOST_BARS = 80;
const MOST_BINS = 200;
const COMMON = ['title', 'unit'] as const;

export const charts = Object.freeze({
  /** Lines over a column. A value that is null, NaN or missing is a gap. Throws INVALID_ARGUMENT. */
  lines<Row extends object>(rows: Iterable<Row>, given: LinesGiven<Row>): Chart<readonly Row[]> {
    const options = read.requireOptions(given, ['x', 'y', 'log', ...COMMON], 'chart.lines');
    const found = read.requireRows(rows, 'chart.lines');
    return shownChart(found as readonly Row[], options, linesPlot(found, options));
  },

  /** A bar for each row, or as many as there are columns in `y`. Throws INVALID_ARGUMENT. */
  bars<Row extends object>(rows: Iterable<Row>, given: ColumnsGiven<Row>): Chart<readonly Row[]> {
    const options = read.requireOptions(given, ['x', 'y', ...COMMON], 'chart.bars');
    const found = read.requireRows(rows, 'chart.bars');
    return shownChart(found as readonly Row[], options, barsPlot(found, options));
  },

  /** How often values are how large. Throws INVALID_ARGUMENT. */
  histogram(values: Iterable<number>, given?: HistogramGiven): Chart<readonly number[]> {
    const options = read.requireOptions(given, ['bins', 'marks', ...COMMON], 'chart.histogram');
    const numbers = valuesOf(values);
    return shownChart(numbers, options, histogramPlot(numbers, options));
  },

  /** Who gets which share of a whole, as `{ v1: 0.9, v2: 0.1 }`; other sums than 1 are made 1. Throws INVALID_ARGUMENT. */
  split(
    shares: Readonly<Record<string, number>>,
    given?: { readonly title?: string },
  ): Chart<Readonly<Record<string, number>>> {
    const options = read.requireOptions(given, ['title'], 'chart.split');
    return shownChart(shares, options, splitPlot(shares));
  },
});

function shownChart<Data>(data: Data, { title }: read.Row, plot: Plot): Chart<Data> {
  const figure: Figure = { title: read.requireText(title, 'title', 'the chart') || null, plots: [plot], notes: [] };
  // Whatever has a figure has a picture.
  return shownFigure(data, figure) as Chart<Data>;
}

export function linesPlot(rows: readonly read.Row[], { x, y, log, unit }: read.Row): LinesPlot {
  const of = 'chart.lines';
  if (log !== undefined && log !== 'x' && log !== 'y' && log !== 'xy') {
    throw read.refused(`log of ${of} must be 'x', 'y' or 'xy', got ${read.shown(log)}`);
  }
  const [name = ''] = read.requireColumns(x, 'x', rows, of);
  const columns = read.requireColumns(y, 'y', rows, of);
  if (columns.length > MOST_LINES) throw read.refused(`${of} draws at most ${MOST_LINES} lines, got ${columns.length}`);
  const xs = xValuesOf(rows, name);
  const ordered = xs.type === 'texts' ? rows : rows.toSorted((a, b) => Number(a[name]) - Number(b[name]));
  const values = xs.type === 'texts' ? xs : { type: xs.type, values: xs.values.toSorted((a, b) => a - b) };
  const series = columns.map((column): Series => ({ name: column, values: read.numbersOf(ordered, column, of) }));
  const axes = log ?? 'none';
  if (axes.includes('x') && values.type === 'numbers') requirePositive(values.values, name, 'x');
  if (axes.includes('x') && values.type === 'texts') throw read.refused(`log of ${of}: '${name}' (x) are texts`);
  if (axes.includes('y')) for (const one of series) requirePositive(one.values, one.name, 'y');
  const text = read.requireText(unit, 'unit', of);
  const axis = { name, unit: '', span: null, ...values };
  return thinned({ kind: 'lines', title: null, x: axis, series, unit: text, log: axes });
}

function requirePositive(values: readonly (number | null)[], name: string, axis: 'x' | 'y'): void {
  const found = values.find((value) => value !== null && value <= 0);
  if (found === undefined) return;
  throw read.refused(`log of chart.lines: '${name}' (${axis}) must be > 0 everywhere, got ${found}; leave out log`);
}

/** Numbers, or else texts; not now one, now the other. */
function xValuesOf(rows: readonly read.Row[], name: string): XValues {
  const given = rows.map((row) => row[name]);
  if (given.every((value) => typeof value === 'string')) return { type: 'texts', values: given };
  const values = given.map((value, at) => {
    if (Number.isNaN(value)) throw read.refused(`'${name}' of row ${at} of chart.lines is NaN, and x has no gaps`);
    return read.requireNumber(value, `'${name}' of row ${at} of chart.lines`);
  });
  return { type: 'numbers', values };
}

function barsPlot(rows: readonly read.Row[], { x, y, unit }: read.Row): BarsPlot {
  const of = 'chart.bars';
  const [name = ''] = read.requireColumns(x, 'x', rows, of);
  const columns = read.requireColumns(y, 'y', rows, of);
  const count = rows.length * columns.length;
  if (count > MOST_BARS)
    throw read.refused(`${of} draws at most ${MOST_BARS} bars, got ${count}; chart.lines draws more`);
  const series = columns.map((column): Series => ({ name: column, values: read.numbersOf(rows, column, of) }));
  const categories = rows.map((row) => String(row[name] ?? '–'));
  return { kind: 'bars', title: null, name, categories, series, unit: read.requireText(unit, 'unit', of) };
}

function valuesOf(given: unknown): readonly number[] {
  const values = read.isIterable(given) ? [...given] : null;
  if (values === null) throw read.refused(`chart.histogram wants a list of numbers, got ${read.shown(given)}`);
  const numbers = values.map((value, at) => read.requireNumber(value, `value ${at} of chart.histogram`));
  if (numbers.length === 0) throw read.refused('chart.histogram got no values; there is nothing to draw');
  return numbers;
}

export function histogramPlot(values: Iterable<number>, { bins, marks, unit }: read.Row): HistogramPlot {
  const of = 'chart.histogram';
  if (bins !== undefined && !(Number.isInteger(bins) && Number(bins) >= 1 && Number(bins) <= MOST_BINS)) {
    throw read.refused(`bins of ${of} must be a whole number from 1 to ${MOST_BINS}, got ${read.shown(bins)}`);
  }
  if (marks !== undefined && !read.isRow(marks)) {
    throw read.refused(`marks of ${of} must be an object like { p50: 1.2 }, got ${read.shown(marks)}`);
  }
  const drawn = Object.entries(marks ?? {}).map(([name, value]) => ({
    ...{ name, value: read.requireNumber(value, `the mark '${name}' of ${of}`) },
  }));
  const wanted = bins === undefined ? null : Number(bins);
  const text = read.requireText(unit, 'unit', of);
  return { kind: 'histogram', title: null, ...binsOf(values, wanted), marks: drawn, unit: text };
}

function splitPlot(shares: unknown): SharesPlot {
  if (!read.isRow(shares))
    throw read.refused(`chart.split wants shares like { v1: 0.9, v2: 0.1 }, got ${read.shown(shares)}`);
  const given = Object.entries(shares).map(([name, value]) => {
    const share = read.requireNumber(value, `the share of '${name}'`);
    if (!(share >= 0)) throw read.refused(`the share of '${name}' must be >= 0, got ${share}`);
    return { name, share };
  });
  const sum = given.reduce((total, { share }) => total + share, 0);
  if (!(sum > 0)) throw read.refused(`the shares of chart.split must have a sum > 0, got ${read.shown(shares)}`);
  const parts = given.map(({ name, share }) => ({ name, group: name, share: share / sum }));
  return { kind: 'shares', title: null, wholes: [{ label: '', note: '', parts, shadows: [] }], as: 'percent' };
}
