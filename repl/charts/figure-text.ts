/** A figure in a terminal. */
import { escapeControls } from '../../lib/index.ts';
import { bar, columnChart, paint, signedBar } from '../display/paint.ts';
import { clipped, widthOf } from '../display/width.ts';
import type { Look } from '../session/protocol.ts';
import type { BarsPlot, Figure, HistogramPlot, LinesPlot, Note, Plot, Series, SharesPlot } from './figure.ts';
import { valueText } from './number-text.ts';
import { shareText } from './shares-svg.ts';
import { xText } from './x-text.ts';

const MOST_BAR_COLUMNS = 40;
const CHART_ROWS = 5;
/** Points that have a row each; more are columns of a chart. */
const MOST_ROWS = 16;
const MOST_LABEL = 30;

const COLORS = ['cyan', 'yellow', 'green', 'magenta'] as const;
const TONES = { plain: null, warning: 'yellow', failure: 'red' } as const satisfies Record<Note['tone'], string | null>;

export function figureText(figure: Figure, look: Look): string {
  const { title, plots, notes } = withoutControls(figure);
  return [
    ...(title === null ? [] : [paint(look, 'bold', clipped(title, look.columns))]),
    ...plots.flatMap((plot) => [
      ...(plot.title === null ? [] : [paint(look, 'dim', clipped(plot.title, look.columns))]),
      ...plotLines(plot, look),
    ]),
    ...notes.map(({ text, tone }) => noteText(clipped(text, look.columns), tone, look)),
  ].join('\n');
}

/** What a name holds moves no cursor. A figure is plain data. */
function withoutControls<T>(value: T): T {
  if (typeof value === 'string') return escapeControls(value) as T;
  if (Array.isArray(value)) return value.map(withoutControls) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutControls(field)])) as T;
}

function noteText(text: string, tone: Note['tone'], look: Look): string {
  const color = TONES[tone];
  return color === null ? text : paint(look, color, text);
}

function plotLines(plot: Plot, look: Look): readonly string[] {
  switch (plot.kind) {
    case 'lines':
      return linesLines(plot, look);
    case 'bars':
      return seriesLines(plot, plot.categories, look);
    case 'histogram':
      return histogramLines(plot, look);
    case 'shares':
      return sharesLines(plot, look);
  }
}

function linesLines(plot: LinesPlot, look: Look): readonly string[] {
  const { x, series, unit } = plot;
  if (x.values.length <= MOST_ROWS) {
    const labels = x.values.map((_, at) => xText(plot, at));
    return seriesLines({ name: x.name, series, unit }, labels, look);
  }
  return series.flatMap(({ name, values }, at) => {
    const unitOf = (value: number): string => valueText(value, unit);
    const chart = columnChart(values, { width: Math.min(look.columns, 80), height: CHART_ROWS, unit: unitOf });
    const ends = `${xText(plot, 0)} to ${xText(plot, x.values.length - 1)}`;
    return [
      paint(look, 'dim', clipped(`${name} by ${x.name}, ${ends}`, look.columns)),
      paint(look, COLORS[at % 4] ?? 'cyan', chart),
    ];
  });
}

/** A row for each value, those of one category below one another. */
function seriesLines(
  { name, series, unit }: Pick<BarsPlot, 'name' | 'series' | 'unit'>,
  categories: readonly string[],
  look: Look,
): readonly string[] {
  const isNamed = series.length > 1;
  const shown = categories.map((one) => clipped(one, MOST_LABEL));
  const columns = [
    Math.max(widthOf(name), ...shown.map(widthOf)),
    isNamed ? Math.min(MOST_LABEL, Math.max(...series.map((one) => widthOf(one.name)))) : 0,
  ] as const;
  const rows = shown.flatMap((category, row) =>
    series.map(
      (one, at): Row => ({
        labels: [at === 0 ? category : '', isNamed ? clipped(one.name, MOST_LABEL) : ''],
        value: one.values[row] ?? null,
        color: COLORS[at % 4] ?? 'cyan',
      }),
    ),
  );
  const head = `${name.padEnd(columns[0])}  ${isNamed ? '' : (series[0]?.name ?? '')}`.trimEnd();
  return [paint(look, 'dim', clipped(head, look.columns)), ...barRows(rows, columns, unit, look)];
}

interface Row {
  readonly labels: readonly [string, string];
  readonly value: number | null;
  readonly color: (typeof COLORS)[number];
}

function barRows(
  rows: readonly Row[],
  columns: readonly [number, number],
  unit: string,
  look: Look,
): readonly string[] {
  const values = rows.map(({ value }) => value ?? 0);
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const barOf = (value: number, room: number): string =>
    least < 0 ? signedBar(value, { least, most }, room) : bar(most === 0 ? 0 : value / most, room);
  const texts = rows.map(({ value }) => (value === null ? '–' : valueText(value, unit)));
  const widest = Math.max(...texts.map(widthOf));
  const labelRoom = columns[0] + (columns[1] === 0 ? 0 : columns[1] + 2);
  const room = Math.min(MOST_BAR_COLUMNS, look.columns - labelRoom - widest - 4);
  return rows.map(({ labels: [first, second], value, color }, at) => {
    const whole = padded(first, columns[0]) + (columns[1] === 0 ? '' : `  ${padded(second, columns[1])}`);
    const label = clipped(whole, Math.max(4, look.columns - widest - 2));
    const filled = room < 4 ? '' : paint(look, color, barOf(value ?? 0, room));
    return `${label}  ${filled}${filled === '' ? '' : '  '}${' '.repeat(widest - widthOf(texts[at] ?? ''))}${texts[at]}`;
  });
}

const padded = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)));

function histogramLines({ bins, beyond, marks, unit }: HistogramPlot, look: Look): readonly string[] {
  const size = Math.ceil(bins.length / MOST_ROWS);
  const rows = Array.from({ length: Math.ceil(bins.length / size) }, (_, at) => {
    const group = bins.slice(at * size, (at + 1) * size);
    const count = group.reduce((sum, one) => sum + one.count, 0);
    return { label: `${valueText(group[0]?.from ?? 0, unit)} – ${valueText(group.at(-1)?.to ?? 0, unit)}`, count };
  });
  if (beyond !== null) rows.push({ label: `up to ${valueText(beyond.most, unit)}`, count: beyond.count });
  const series: Series = { name: 'how many', values: rows.map(({ count }) => count) };
  const said = marks.map(({ name, value }) => `${name} ${valueText(value, unit)}`).join('   ');
  const labels = rows.map(({ label }) => label);
  const lines = seriesLines({ name: '', series: [series], unit: '' }, labels, look);
  return said === '' ? lines : [...lines, paint(look, 'bold', clipped(said, look.columns))];
}

function sharesLines(plot: SharesPlot, look: Look): readonly string[] {
  const all = plot.wholes.flatMap(({ parts, shadows }) => [...parts, ...shadows]);
  const widest = Math.min(MOST_LABEL, look.columns - 24, Math.max(0, ...all.map(({ name }) => widthOf(name))));
  const room = Math.max(4, Math.min(30, look.columns - widest - 20));
  const row = (name: string, share: number, note: string): string =>
    `  ${padded(clipped(name, widest), widest)}  ${paint(look, note === '' ? 'cyan' : 'dim', bar(share, room))}  ${shareText(share, plot)}${note}`;
  return plot.wholes.flatMap(({ label, note, parts, shadows }) => [
    ...(label === '' ? [] : [`${paint(look, 'bold', label)}${note === '' ? '' : `  ${note}`}`]),
    ...parts.map(({ name, share }) => row(name, share, '')),
    ...shadows.map(({ name, share }) => row(name, share, ' shadow')),
  ]);
}
