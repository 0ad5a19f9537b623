/** A chart that grows while its cell runs: `chart.live`. */
import { inspect } from 'node:util';
import { DISPLAY, type Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import type { ChartGiven, charts } from './charts.ts';
import type { Figure, Series } from './figure.ts';
import { liveFigure, shownFigure } from './figure-shown.ts';
import * as read from './rows.ts';

export interface LiveGiven extends ChartGiven {
  /** From one sample to the next, in ms. Default 500, at least 50. */
  readonly every?: number;
  /** Which fields of a sample are lines. Default: those that are numbers. */
  readonly y?: string | readonly string[];
}

/** A number, or an object with a number for each line. */
export type Sample = () => unknown;

/** What a live chart is told of where it stands. */
export interface LivePlace {
  /** Aborts when the cell is interrupted. */
  readonly signal: AbortSignal;
  /** Shows it anew in its place. */
  show(value: unknown): void;
  /** Of what `sample` throws. */
  threw(error: unknown): void;
}

const DEFAULT_PERIOD_MS = 500;
const LEAST_PERIOD_MS = 50;
/** From one picture to the next: four in a second. */
const SHOWN_EVERY_MS = 250;
/** When there are so many every other one goes, so that the beginning is seen to the end. */
const MOST_POINTS = 300;
const OF = 'chart.live';

type Point = Readonly<Record<string, number | null>> & { readonly s: number };

export class LiveChart {
  readonly #options: read.Row;
  readonly #names: readonly string[] | null;
  readonly #periodMs: number;
  readonly #sample: Sample;
  readonly #place: LivePlace;
  readonly #startedAtMs = performance.now();
  #points: Point[] = [];
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** Throws INVALID_ARGUMENT. It begins with `start`. */
  constructor(given: unknown, sample: unknown, place: LivePlace) {
    this.#options = read.requireOptions(given, ['every', 'y', 'title', 'unit'], OF);
    const { y, every = DEFAULT_PERIOD_MS } = this.#options;
    if (typeof sample !== 'function') {
      throw read.refused(
        `${OF} wants a function that gives a number, or an object of numbers, got ${read.shown(sample)}`,
      );
    }
    if (typeof every !== 'number' || !(every >= LEAST_PERIOD_MS && every <= 1e9)) {
      throw read.refused(`every of ${OF} must be a number of ms >= ${LEAST_PERIOD_MS}, got ${read.shown(every)}`);
    }
    read.requireText(this.#options.title, 'title', OF);
    read.requireText(this.#options.unit, 'unit', OF);
    this.#names = y === undefined ? null : read.requireNames(y, 'y', OF);
    this.#periodMs = every;
    this.#sample = sample as Sample;
    this.#place = place;
  }

  start(): this {
    this.#place.signal.addEventListener('abort', this.stop, { once: true });
    this.#show();
    // Not before the code that made it has it: a sample may ask how far it is.
    queueMicrotask(() => void this.#goOn());
    return this;
  }

  /** What was sampled, oldest first: `s` is when, in seconds. */
  get data(): readonly Point[] {
    return this.#points;
  }

  get svg(): string {
    return this.#shown.svg ?? '';
  }

  text(look: Look): string {
    return this.#shown.text(look);
  }

  get #shown(): Shown<readonly Point[]> {
    return this.#isOver ? shownFigure(this.#points, this.#figure) : liveFigure(this.#points, this.#figure);
  }

  /** Its last state is shown and stays. Once is enough. */
  readonly stop = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#place.signal.removeEventListener('abort', this.stop);
    this.#show();
  };

  [DISPLAY](): Readonly<Record<string, unknown>> {
    return this.#shown[DISPLAY]();
  }

  [inspect.custom](): string {
    return this.#shown.text({ colors: false, columns: process.stdout.columns ?? 80 });
  }

  async #goOn(): Promise<void> {
    if (this.#isOver) return;
    const begunAtMs = performance.now();
    try {
      const value = await this.#sample();
      if (this.#isOver) return;
      this.#add(value);
    } catch (error) {
      if (this.#isOver) return; // as whatever it asked was ended together with the cell
      this.stop();
      this.#place.threw(error);
      return;
    }
    const now = performance.now();
    if (now - this.#shownAtMs >= SHOWN_EVERY_MS) this.#show();
    // A chart that nobody stops keeps no process alive.
    this.#timer = setTimeout(() => void this.#goOn(), Math.max(0, this.#periodMs - (now - begunAtMs))).unref();
  }

  #add(value: unknown): void {
    const sample: unknown = typeof value === 'number' ? { value } : value;
    if (!read.isRow(sample)) {
      throw read.refused(`what ${OF} samples must be a number or an object of numbers, got ${read.shown(value)}`);
    }
    const names = this.#names ?? Object.keys(sample).filter((name) => typeof sample[name] === 'number');
    const missing = names.find((name) => !(name in sample));
    if (missing !== undefined) {
      throw read.refused(`no '${missing}' in what ${OF} samples; there are ${read.listed(Object.keys(sample))}`);
    }
    const fields = names.map((name) => [name, read.numberOrGap(sample[name], `'${name}' of a sample of ${OF}`)]);
    const s = Number(((performance.now() - this.#startedAtMs) / 1000).toFixed(3));
    this.#points.push({ ...Object.fromEntries(fields), s });
    if (this.#points.length > MOST_POINTS) this.#points = this.#points.filter((_, at) => at % 2 === 0);
  }

  #show(): void {
    this.#shownAtMs = performance.now();
    this.#place.show(this.#shown);
  }

  get #figure(): Figure {
    const names =
      this.#names ?? [...new Set(this.#points.flatMap((point) => Object.keys(point)))].filter((one) => one !== 's');
    const series = names.map((name): Series => ({ name, values: this.#points.map((point) => point[name] ?? null) }));
    const { title, unit } = this.#options;
    const values = this.#points.map(({ s }) => s);
    const text = typeof unit === 'string' ? unit : '';
    const x = { name: 'time', unit: 's', span: [0, Math.max(1, values.at(-1) ?? 0)], type: 'numbers', values } as const;
    const note = { text: 'nothing was sampled yet', tone: 'plain' } as const;
    return {
      title: typeof title === 'string' ? title : null,
      plots: series.length === 0 ? [] : [{ kind: 'lines', title: null, x, series, unit: text, log: 'none' }],
      notes: this.#points.length === 0 ? [note] : [],
    };
  }
}

/** `chart`: `live` is told where it stands by whoever runs the code. */
export interface Charts {
  readonly lines: typeof charts.lines;
  readonly bars: typeof charts.bars;
  readonly histogram: typeof charts.histogram;
  readonly split: typeof charts.split;
  /** Grows while its cell runs: a line for each number that `sample` gives. Throws INVALID_ARGUMENT. */
  readonly live: (given: LiveGiven, sample: Sample) => LiveChart;
}
