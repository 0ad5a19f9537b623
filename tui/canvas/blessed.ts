/**
 * What we use of blessed and blessed-contrib, and how it is loaded: those widgets alone, as the package's index also
 * loads maps, pictures and Markdown, which takes three times as long.
 */
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';

/** A cell: colours and flags, and its character. */
export type Cell = readonly [attributes: number, character: string];

export interface BlessedScreen {
  /** Rows of cells. */
  readonly lines: readonly (readonly Cell[])[];
  append(widget: object): void;
  render(): void;
  destroy(): void;
  key(names: readonly string[], listener: () => void): void;
  readonly tput: { brokenACS: boolean };
  /** Of the terminal's window. */
  title: string;
}

export interface ScreenGiven {
  readonly input: Readable;
  readonly output: Writable;
  readonly terminal: string;
  readonly forceUnicode: true;
  readonly smartCSR?: boolean;
  readonly title?: string;
}

export interface LineData {
  readonly title: string;
  readonly x: readonly string[];
  readonly y: readonly number[];
  /** An index of the 256 colours. */
  readonly style: { readonly line: number };
}

/** It takes data only once it is on a screen. */
export interface Widget<Data> {
  setData(data: Data): void;
}

type Options = Readonly<Record<string, unknown>>;

export interface Contrib {
  readonly screen: (given: ScreenGiven) => BlessedScreen;
  readonly line: (options: Options) => Widget<readonly LineData[]>;
  readonly donut: (options: Options) => Widget<readonly Options[]>;
  readonly table: (
    options: Options,
  ) => Widget<{ readonly headers: readonly string[]; readonly data: readonly (readonly string[])[] }>;
  readonly log: (options: Options) => { log(text: string): void };
}

interface ScreenClass {
  (given: ScreenGiven): BlessedScreen;
  [handler: string]: unknown;
}

interface Blessed {
  readonly screen: (given: ScreenGiven) => BlessedScreen;
  readonly Screen: ScreenClass;
  readonly Program: { readonly _exitHandler?: () => void };
}

const HANDLERS = {
  _exceptionHandler: 'uncaughtException',
  _sigtermHandler: 'SIGTERM',
  _sigintHandler: 'SIGINT',
  _sigquitHandler: 'SIGQUIT',
  _exitHandler: 'exit',
} as const;

/** Throws where it is not installed. Cheap when called again. */
export function loadContrib(): Contrib {
  const require = createRequire(import.meta.url);
  const blessed: Blessed = require('blessed');
  return {
    screen: (given) => {
      const screen = blessed.screen(given);
      leaveSignals(blessed);
      // Lines as characters, and not as letters of another set, which some terminals do not switch to.
      screen.tput.brokenACS = true;
      return screen;
    },
    line: require('blessed-contrib/lib/widget/charts/line.js'),
    donut: require('blessed-contrib/lib/widget/donut.js'),
    table: require('blessed-contrib/lib/widget/table.js'),
    log: require('blessed-contrib/lib/widget/log.js'),
  };
}

/**
 * Blessed's handlers of signals end the process only where they are the only ones, and with them Ink's are not: neither
 * would end it. It binds them with each screen that is the first, so they are taken off after each.
 */
function leaveSignals({ Screen, Program }: Blessed): void {
  for (const [name, event] of Object.entries(HANDLERS)) {
    const handler = Screen[name];
    if (isListener(handler)) process.off(event, handler);
  }
  if (Program._exitHandler) process.off('exit', Program._exitHandler);
}

const isListener = (value: unknown): value is () => void => typeof value === 'function';
