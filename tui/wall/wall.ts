/** A dashboard for a screen on the wall: blessed-contrib on all of the terminal, until a key is pressed. */
import { setImmediate as turn } from 'node:timers/promises';
import { type BlessedScreen, type Contrib, loadContrib } from '../canvas/blessed.ts';
import { grouped } from '../canvas/columns.ts';
import type { Live } from '../model/live.ts';
import type { SeriesStore } from '../model/series.ts';
import { type Keyboard, TerminalInput } from '../terminal/input.ts';
import type { TerminalOutput } from '../terminal/output.ts';
import { chartedEndpoint, donutsOf, eventTexts, tableOf, titleOf } from './wall-content.ts';

export interface WallGiven {
  readonly live: { get(): Live; subscribe(listener: () => void): () => void };
  readonly series: SeriesStore;
  readonly keyboard: Keyboard;
  readonly output: TerminalOutput;
}

const WINDOW_SECONDS = 60;
const LINES = [
  ['p50', 'p50Ms', 39],
  ['p95', 'p95Ms', 214],
  ['p99', 'p99Ms', 175],
] as const;
/** It is looked at from afar. */
const LEAST_PERIOD_MS = 500;

/** Resolves when its user has left it. */
export async function showWall(given: WallGiven): Promise<void> {
  const contrib = loadContrib();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const input = new TerminalInput(given.keyboard, () => {});
  const screen = contrib.screen({
    ...{ input, output: given.output, terminal: 'xterm', forceUnicode: true, smartCSR: true, title: 'servelab' },
  });
  const wall = new Wall(contrib, screen, given);
  screen.key(['q', 'escape', 'C-c', 'enter', 'space'], leave);
  const unsubscribe = given.live.subscribe(() => wall.drawSoon());
  const clock = setInterval(() => wall.drawSoon(), 1_000);
  wall.draw();
  try {
    await left;
  } finally {
    clearInterval(clock);
    unsubscribe();
    wall.end();
    screen.destroy();
    input.setRawMode(false);
    // It pauses its input a little later, and that must not be after somebody else has begun to read.
    await turn();
    await turn();
  }
}

class Wall {
  readonly #screen: BlessedScreen;
  readonly #given: WallGiven;
  readonly #line: ReturnType<Contrib['line']>;
  readonly #table: ReturnType<Contrib['table']>;
  readonly #donut: ReturnType<Contrib['donut']>;
  readonly #log: ReturnType<Contrib['log']>;
  #soon: NodeJS.Timeout | null = null;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #told = 0;

  constructor(contrib: Contrib, screen: BlessedScreen, given: WallGiven) {
    this.#screen = screen;
    this.#given = given;
    const box = (label: string, top: string, left: string, width: string, height: string) => ({
      ...{ label: ` ${label} `, top, left, width, height },
      border: { type: 'line', fg: 'cyan' },
    });
    this.#line = contrib.line({
      ...box('Latency, ms', '0', '0', '65%', '50%'),
      ...{ showLegend: true, legend: { width: 8 }, xPadding: 5, style: { text: 250, baseline: 240 } },
    });
    this.#donut = contrib.donut({
      ...box('Ready, given out', '0', '65%', '35%', '50%'),
      radius: 10,
      arcWidth: 3,
      remainColor: 238,
      yPadding: 2,
    });
    this.#table = contrib.table({
      ...box('Endpoints', '50%', '0', '65%', '50%'),
      ...{ interactive: false, keys: false, fg: 'white', columnSpacing: 2, columnWidth: [16, 8, 8, 9, 9, 9, 30] },
    });
    this.#log = contrib.log({ ...box('Events', '50%', '65%', '35%', '50%'), fg: 'white', bufferLength: 40 });
    for (const widget of [this.#line, this.#donut, this.#table, this.#log]) screen.append(widget);
  }

  /** At once, or when enough time has passed. */
  drawSoon(): void {
    if (this.#soon !== null) return;
    const waitMs = Math.max(0, this.#drawnAt + LEAST_PERIOD_MS - performance.now());
    this.#soon = setTimeout(() => {
      this.#soon = null;
      this.draw();
    }, waitMs);
  }

  draw(): void {
    this.#drawnAt = performance.now();
    const live = this.#given.live.get();
    const { status } = live;
    this.#screen.title = titleOf(live);
    if (status !== null) {
      this.#drawLatency(chartedEndpoint(status));
      this.#table.setData(tableOf(status));
      this.#donut.setData(donutsOf(status));
    }
    const events = eventTexts(live);
    // What came before the ones that are kept is gone; the log shows the end of what there is.
    for (const text of events.slice(Math.min(this.#told, events.length))) this.#log.log(text);
    this.#told = events.length;
    this.#screen.render();
  }

  end(): void {
    if (this.#soon !== null) clearTimeout(this.#soon);
  }

  #drawLatency(endpoint: string | null): void {
    const { series } = this.#given;
    const x = Array.from({ length: WINDOW_SECONDS }, (_, at) => `-${WINDOW_SECONDS - 1 - at}s`);
    const lines = LINES.map(([title, field, color]) => {
      const values =
        endpoint === null ? [] : grouped(series.values('endpoint', endpoint, field, WINDOW_SECONDS), WINDOW_SECONDS);
      return { title, x, y: x.map((_, at) => values[at] ?? Number.NaN), style: { line: color } };
    });
    const isKnown = lines.some(({ y }) => y.some((value) => !Number.isNaN(value)));
    // A chart of nothing has no largest value to scale by.
    this.#line.setData(isKnown ? lines : lines.map((one) => ({ ...one, y: x.map(() => 0) })));
  }
}
