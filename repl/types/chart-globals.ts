/** What TypeScript is told of `chart`: the text of a part of a `.d.ts` file. Columns are those of the rows. */
export const CHART_GLOBALS = `
declare namespace session {
  /** Shown as a picture in a notebook, as text in a terminal. */
  interface Chart<Data = unknown> {
    readonly data: Data;
    readonly svg: string;
    text(look: { readonly colors: boolean; readonly columns: number }): string;
  }
  interface ChartGiven {
    readonly title?: string;
    /** Behind each number: \`ms\` and \`B\` are scaled as they need it, all others stand as they are. */
    readonly unit?: string;
  }
  type Column<Row> = keyof Row & string;
  interface ColumnsGiven<Row> extends ChartGiven {
    /** The column that lies along. */
    readonly x: Column<Row>;
    readonly y: Column<Row> | readonly Column<Row>[];
  }
  interface LiveChart {
    /** What was sampled, oldest first; \`s\`: when, in seconds. */
    readonly data: readonly Readonly<Record<string, number | null>>[];
    readonly svg: string;
    text(look: { readonly colors: boolean; readonly columns: number }): string;
    /** Ends it before the cell does. */
    readonly stop: () => void;
  }
  interface Charts {
    /** A line for each column of \`y\` over the column \`x\`: numbers are ordered, texts stand as they come. null, NaN and what is missing are gaps. */
    lines<Row extends object>(
      rows: Iterable<Row>,
      given: ColumnsGiven<Row> & {
        /** The axes that grow by factors. Default: none. */
        readonly log?: 'x' | 'y' | 'xy';
      },
    ): Chart<readonly Row[]>;
    /** A bar for each row, which the column \`x\` names, from 0; several side by side with several columns in \`y\`. */
    bars<Row extends object>(rows: Iterable<Row>, given: ColumnsGiven<Row>): Chart<readonly Row[]>;
    /** How often values are how large. */
    histogram(
      values: Iterable<number>,
      given?: ChartGiven & {
        /** About how many. Default: by the values, of which a few that are far off are counted only. */
        readonly bins?: number;
        /** Lines to draw over it: \`{ p50: 1.2 }\`. */
        readonly marks?: Readonly<Record<string, number>>;
      },
    ): Chart<readonly number[]>;
    /** Grows while its cell runs: a line for each number that \`sample\` gives, or for itself where it gives one. */
    live(
      given: ChartGiven & {
        /** From one sample to the next, in ms. Default 500, at least 50. */
        readonly every?: number;
        /** Which fields of a sample are lines. Default: those that are numbers. */
        readonly y?: string | readonly string[];
      },
      sample: () => unknown,
    ): LiveChart;
    /** Who gets which share of a whole: \`{ v1: 0.9, v2: 0.1 }\`. Shares whose sum is not 1 are parts of their sum. */
    split(shares: Readonly<Record<string, number>>, given?: { readonly title?: string }): Chart<Readonly<Record<string, number>>>;
  }
}

/** Pictures of your own numbers. */
declare const chart: session.Charts;
`;
