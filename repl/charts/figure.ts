/** Pictures as values: what is to be seen, and nothing of how. An SVG, a Vega-Lite chart and a text are made of the same. */

export interface Figure {
  readonly title: string | null;
  /** Below one another. */
  readonly plots: readonly Plot[];
  /** Lines of text below them. */
  readonly notes: readonly Note[];
}

export interface Note {
  readonly text: string;
  readonly tone: 'plain' | 'warning' | 'failure';
}

export type Plot = LinesPlot | BarsPlot | HistogramPlot | SharesPlot;

export interface Series {
  readonly name: string;
  /** null: a gap. */
  readonly values: readonly (number | null)[];
}

/** Which of the axes grow by factors. */
export type LogAxes = 'none' | 'x' | 'y' | 'xy';

export interface LinesPlot {
  readonly kind: 'lines';
  readonly title: string | null;
  readonly x: XAxis & XValues;
  readonly series: readonly Series[];
  /** Of the values, as `ms`; '' for none. */
  readonly unit: string;
  readonly log: LogAxes;
}

export interface XAxis {
  readonly name: string;
  readonly unit: string;
  /** What it spans, however much of that there is by now; null: what there is. */
  readonly span: readonly [from: number, to: number] | null;
}

/** Numbers ascend; texts stand at equal distances. */
export type XValues =
  | { readonly type: 'numbers'; readonly values: readonly number[] }
  | { readonly type: 'texts'; readonly values: readonly string[] };

export interface BarsPlot {
  readonly kind: 'bars';
  readonly title: string | null;
  /** What the categories are. */
  readonly name: string;
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  readonly unit: string;
}

export interface HistogramPlot {
  readonly kind: 'histogram';
  readonly title: string | null;
  /** As wide as one another, side by side. */
  readonly bins: readonly Bin[];
  /** Too far away to have a bin; null: nothing is. */
  readonly beyond: { readonly count: number; readonly most: number } | null;
  readonly marks: readonly Mark[];
  readonly unit: string;
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface Mark {
  readonly name: string;
  readonly value: number;
}

/** Wholes, and who has which part of each. */
export interface SharesPlot {
  readonly kind: 'shares';
  readonly title: string | null;
  readonly wholes: readonly Whole[];
  readonly as: 'percent' | 'amount';
}

export interface Whole {
  readonly label: string;
  /** Said beside the label; '' for nothing. */
  readonly note: string;
  readonly parts: readonly Part[];
  /** Each beside the whole, and no part of it: copies. */
  readonly shadows: readonly Part[];
}

export interface Part {
  readonly name: string;
  /** Parts with the same have one colour. */
  readonly group: string;
  /** In [0, 1]. */
  readonly share: number;
}
