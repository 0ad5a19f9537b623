/** Lines over time, drawn by blessed-contrib on a screen that nobody sees, and taken from its cells. */
import { PassThrough, Writable } from 'node:stream';
import type { Line, Tone } from '../frame/line.ts';
import { type BlessedScreen, type Contrib, type LineData, loadContrib, type Widget } from './blessed.ts';
import { cellsToLine } from './cells.ts';
import { columnChart } from './column-chart.ts';

export interface ChartSeries {
  readonly title: string;
  readonly tone: Tone;
  /** Oldest first; null: a gap. */
  readonly values: readonly (number | null)[];
}

export interface ChartGiven {
  readonly series: readonly ChartSeries[];
  /** Of each value; as many as there are. */
  readonly labels: readonly string[];
  readonly columns: number;
  readonly rows: number;
}

export type DrawChart = (given: ChartGiven) => Line[];

/** Below it contrib throws, or shows nothing. */
const LEAST = { columns: 16, rows: 6 };
/** What its line chart leaves for a border that it does not have here, and a row below its labels. */
const BORDER = { columns: 6, rows: 3 };
const MOST_CANVASES = 12;

/** Internal colours: what a line means is looked up when it is taken from the cells. */
const TEXT = 240;
const BASELINE = 241;
const FIRST_SERIES = 16;

interface Canvas {
  readonly screen: BlessedScreen;
  readonly line: Widget<readonly LineData[]>;
}

/** Draws charts; keeps a canvas for each size that was used of late. Dispose it. */
export class Charts {
  readonly #canvases = new Map<string, Canvas>();
  /** Null: it cannot be loaded, and columns are drawn instead. */
  #contrib: Contrib | null | undefined;

  draw: DrawChart = (given) => {
    if (given.columns < LEAST.columns || given.rows < LEAST.rows) return columnChart(given);
    // Null is an answer, too: it is not looked for again.
    if (this.#contrib === undefined) this.#contrib = loadOrNull();
    return (this.#contrib && this.#drawLines(given, this.#contrib)) ?? columnChart(given);
  };

  dispose(): void {
    for (const { screen } of this.#canvases.values()) screen.destroy();
    this.#canvases.clear();
  }

  /** Null: contrib has met a size or a number that it does not expect. Our own columns expect all. */
  #drawLines({ series, labels, columns, rows }: ChartGiven, contrib: Contrib): Line[] | null {
    const { screen, line } = this.#canvasOf(columns, rows, contrib);
    const known = series.flatMap(({ values }) => values).some((value) => value !== null && value > 0);
    const data = series.map(({ title, values }, at) => ({
      title,
      x: labels,
      // NaN is a gap. A chart of nothing has no largest value to scale by.
      y: known ? values.map((value) => value ?? Number.NaN) : values.map(() => 0),
      style: { line: FIRST_SERIES + at },
    }));
    try {
      line.setData(data);
      screen.render();
    } catch {
      return null;
    }
    const toneOf = (color: number): Tone => series[color - FIRST_SERIES]?.tone ?? 'dim';
    return screen.lines.slice(0, rows).map((cells) => cellsToLine(cells, 0, columns, toneOf));
  }

  #canvasOf(columns: number, rows: number, contrib: Contrib): Canvas {
    const key = `${columns}x${rows}`;
    const canvas = this.#canvases.get(key) ?? newCanvas(columns, rows, contrib);
    // The one that was used last is the last in the map.
    this.#canvases.delete(key);
    this.#canvases.set(key, canvas);
    const [oldest] = this.#canvases;
    if (this.#canvases.size > MOST_CANVASES && oldest) {
      this.#canvases.delete(oldest[0]);
      oldest[1].screen.destroy();
    }
    return canvas;
  }
}

function newCanvas(columns: number, rows: number, contrib: Contrib): Canvas {
  const size = { columns: columns + BORDER.columns, rows: rows + BORDER.rows, isTTY: true };
  const output = Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), size);
  // Of all that it knows, `ansi` is the one whose description blessed reads without complaint.
  const screen = contrib.screen({ input: new PassThrough(), output, terminal: 'ansi', forceUnicode: true });
  const line = contrib.line({
    ...{ top: 0, left: 0, width: size.columns, height: size.rows },
    ...{ xPadding: 5, numYLabels: Math.max(2, Math.floor(rows / 4)), showLegend: false },
    style: { text: TEXT, baseline: BASELINE },
  });
  screen.append(line);
  return { screen, line };
}

function loadOrNull(): Contrib | null {
  try {
    return loadContrib();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}
