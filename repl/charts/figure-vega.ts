/** A figure as a Vega-Lite chart, which notebooks that know it let their user zoom, and save in other formats. */
import type { BarsPlot, Figure, HistogramPlot, LinesPlot, LogAxes, Plot, SharesPlot } from './figure.ts';
import { figureName } from './figure-words.ts';
import { valueText } from './number-text.ts';
import { colorOf, INK, SERIES } from './palette.ts';

/** A chart of Vega-Lite's as JSON. */
export type VegaLite = Readonly<Record<string, unknown>>;

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v5.json';
const WIDTH = 540;

/** As the SVG looks, on whatever it stands. */
const CONFIG = {
  background: 'transparent',
  mark: { color: colorOf(0) },
  axis: { labelColor: INK, titleColor: INK, gridColor: INK, gridOpacity: 0.22, domainColor: INK, tickColor: INK },
  legend: { labelColor: INK, titleColor: INK },
  title: { color: INK, subtitleColor: INK },
  range: { category: SERIES },
  view: { stroke: null },
};

export function figureVega(figure: Figure): VegaLite {
  const charts = figure.plots.map(plotVega);
  const notes = figure.notes.map(({ text }) => text);
  const title =
    figure.title === null && notes.length === 0 ? {} : { title: { text: figureName(figure), subtitle: notes } };
  const [only] = charts;
  const body = charts.length === 1 ? only : { vconcat: charts, resolve: { scale: { color: 'independent' } } };
  return { $schema: SCHEMA, ...body, ...title, config: CONFIG };
}

function plotVega(plot: Plot): VegaLite {
  const titled = plot.title === null ? {} : { title: plot.title };
  switch (plot.kind) {
    case 'lines':
      return { ...titled, ...linesVega(plot) };
    case 'bars':
      return { ...titled, ...barsVega(plot) };
    case 'histogram':
      return { ...titled, ...histogramVega(plot) };
    case 'shares':
      return { ...titled, ...sharesVega(plot) };
  }
}

/** Fields have names of our own: one of the user's may hold what Vega-Lite reads as a path. */
function linesVega({ x, series, unit, log }: LinesPlot): VegaLite {
  const values = series.flatMap(({ name, values: all }) =>
    all.map((value, at) => ({ x: x.values[at] ?? null, y: value, series: name })),
  );
  const isText = x.type === 'texts';
  return {
    width: WIDTH,
    height: 200,
    data: { values },
    mark: { type: 'line', point: true, tooltip: true, invalid: 'break-paths-filter-domains' },
    encoding: {
      x: {
        ...{ field: 'x', type: isText ? 'ordinal' : 'quantitative', title: withUnit(x.name, x.unit) },
        ...(isText ? { sort: null, axis: { labelAngle: 0 } } : { scale: xScale(x, log) }),
      },
      y: {
        ...{
          field: 'y',
          type: 'quantitative',
          title: withUnit(series.length === 1 ? (series[0]?.name ?? '') : '', unit),
        },
        scale: log.includes('y') ? { type: 'log' } : { zero: true },
      },
      color: { field: 'series', type: 'nominal', title: null, sort: null },
    },
  };
}

const xScale = ({ span }: LinesPlot['x'], log: LogAxes): VegaLite => ({
  ...(log.includes('x') ? { type: 'log', nice: false } : { zero: false }),
  ...(span === null ? {} : { domain: span }),
});

function barsVega({ name, categories, series, unit }: BarsPlot): VegaLite {
  const values = series.flatMap(({ name: of, values: all }) =>
    all.map((value, at) => ({ category: categories[at] ?? '', value, series: of })),
  );
  return {
    width: WIDTH,
    data: { values },
    mark: { type: 'bar', tooltip: true },
    encoding: {
      y: { field: 'category', type: 'nominal', title: name, sort: null },
      yOffset: { field: 'series', type: 'nominal', sort: null },
      x: { field: 'value', type: 'quantitative', title: withUnit('', unit), scale: { zero: true } },
      color: { field: 'series', type: 'nominal', title: null, sort: null },
    },
  };
}

function histogramVega({ bins, marks, unit }: HistogramPlot): VegaLite {
  const bars = {
    data: { values: bins.map(({ from, to, count }) => ({ from, to, count })) },
    mark: { type: 'bar', tooltip: true },
    encoding: {
      x: { field: 'from', type: 'quantitative', bin: { binned: true }, title: withUnit('', unit) },
      x2: { field: 'to' },
      y: { field: 'count', type: 'quantitative', title: 'how many' },
    },
  };
  const values = marks.map(({ name, value }) => ({ name: `${name} ${valueText(value, unit)}`, value }));
  const x = { field: 'value', type: 'quantitative' };
  const lines = [
    { data: { values }, mark: { type: 'rule', color: colorOf(1), strokeDash: [4, 3] }, encoding: { x } },
    {
      data: { values },
      mark: { type: 'text', color: colorOf(1), align: 'left', dx: 3, y: -6 },
      encoding: { x, text: { field: 'name', type: 'nominal' } },
    },
  ];
  return { width: WIDTH, height: 150, layer: marks.length === 0 ? [bars] : [bars, ...lines] };
}

function sharesVega({ wholes, as }: SharesPlot): VegaLite {
  const rows = wholes.flatMap(({ label, parts, shadows }) => [
    ...parts.map(({ name, share }) => ({ whole: label, name, share, kind: 'share' })),
    ...shadows.map(({ name, share }) => ({ whole: `${label} (copies)`.trim(), name, share, kind: 'copies' })),
  ]);
  const format = as === 'percent' ? { axis: { format: '.0%' } } : {};
  return {
    width: WIDTH,
    data: { values: rows },
    mark: { type: 'bar', tooltip: true },
    encoding: {
      y: { field: 'whole', type: 'nominal', title: null, sort: null },
      x: { field: 'share', type: 'quantitative', title: null, stack: 'zero', scale: { domain: [0, 1] }, ...format },
      color: { field: 'name', type: 'nominal', title: null, sort: null },
      opacity: {
        field: 'kind',
        type: 'nominal',
        legend: null,
        scale: { domain: ['share', 'copies'], range: [1, 0.4] },
      },
    },
  };
}

const withUnit = (name: string, unit: string): string | null =>
  unit === '' ? name || null : name === '' ? unit : `${name} (${unit})`;
