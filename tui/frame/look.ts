/** What a terminal can show: glyphs, colours. Decided once, from the environment and the options. */
import type { Tone } from './line.ts';

export type ColorDepth = 'none' | 16 | 256;
export type Theme = 'dark' | 'light' | 'contrast' | 'mono';

export interface Glyphs {
  readonly ok: string;
  readonly starting: string;
  readonly updating: string;
  readonly stopping: string;
  readonly dead: string;
  readonly warning: string;
  readonly info: string;
  readonly stale: string;
  /** Of the nth part of a split bar. */
  readonly fills: readonly string[];
  readonly shadow: string;
  readonly full: string;
  readonly empty: string;
  readonly slot: string;
  readonly noSlot: string;
  /** Low to high. */
  readonly sparks: readonly string[];
  /** Corners from the upper left, clockwise, then horizontal and vertical. */
  readonly box: readonly [string, string, string, string, string, string];
  readonly pointer: string;
  readonly up: string;
  readonly down: string;
  readonly arrows: string;
  readonly mark: string;
  readonly arrow: string;
}

export interface Look {
  readonly depth: ColorDepth;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
}

export const UNICODE: Glyphs = {
  ok: '●',
  starting: '◐',
  updating: '◑',
  stopping: '▽',
  dead: '✖',
  warning: '▲',
  info: '·',
  stale: '◌',
  fills: ['█', '▓', '▒', '▚', '▞', '░'],
  shadow: '░',
  full: '█',
  empty: '·',
  slot: '▮',
  noSlot: '▯',
  sparks: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  box: ['╭', '╮', '╯', '╰', '─', '│'],
  pointer: '▌',
  up: '▲',
  down: '▼',
  arrows: '↑↓',
  mark: '…',
  arrow: '→',
};

export const ASCII: Glyphs = {
  ok: '*',
  starting: 'o',
  updating: 'u',
  stopping: 'v',
  dead: 'x',
  warning: '!',
  info: '.',
  stale: '~',
  fills: ['#', '=', '%', '+', ':', '-'],
  shadow: '.',
  full: '#',
  empty: '.',
  slot: '#',
  noSlot: '-',
  sparks: ['_', '.', ',', '-', '=', '+', '*', '#'],
  box: ['+', '+', '+', '+', '-', '|'],
  pointer: '>',
  up: '^',
  down: 'v',
  arrows: 'up/down',
  mark: '~',
  arrow: '->',
};

/** Of the 256. Never red against green; series after Okabe and Ito. */
const COLORS: Readonly<Record<Exclude<Theme, 'mono'>, Readonly<Record<Exclude<Tone, 'plain'>, number>>>> = {
  dark: {
    ...{ dim: 245, ok: 37, warn: 214, bad: 203, info: 75 },
    ...{ series0: 75, series1: 214, series2: 37, series3: 175, series4: 227, series5: 166 },
  },
  light: {
    ...{ dim: 242, ok: 30, warn: 130, bad: 160, info: 26 },
    ...{ series0: 26, series1: 130, series2: 30, series3: 126, series4: 94, series5: 166 },
  },
  contrast: {
    ...{ dim: 250, ok: 51, warn: 226, bad: 197, info: 117 },
    ...{ series0: 117, series1: 226, series2: 51, series3: 213, series4: 231, series5: 208 },
  },
};

/** SGR parameters of the 16 that every theme of a terminal keeps readable. */
const SIXTEEN: Readonly<Record<Exclude<Tone, 'plain'>, number>> = {
  ...{ dim: 90, ok: 36, warn: 33, bad: 31, info: 94 },
  ...{ series0: 94, series1: 33, series2: 36, series3: 35, series4: 93, series5: 91 },
};

/** SGR parameters of a tone; null: it has no colour. */
export function colorOf(tone: Tone, { depth, theme }: Look): string | null {
  if (tone === 'plain' || depth === 'none' || theme === 'mono') return null;
  return depth === 16 ? String(SIXTEEN[tone]) : `38;5;${COLORS[theme][tone]}`;
}

export interface LookGiven {
  readonly ascii?: boolean;
  readonly theme?: Theme;
  /** Null: no terminal. */
  readonly colors: boolean | null;
}

/** `NO_COLOR`, `FORCE_COLOR`, `TERM`, `COLORFGBG` and the locale count where nothing is given. */
export function resolveLook(given: LookGiven, env: Readonly<Record<string, string | undefined>>): Look {
  return {
    depth: depthOf(given.colors, env),
    theme: given.theme ?? (isLight(env.COLORFGBG) ? 'light' : 'dark'),
    glyphs: (given.ascii ?? !isUtf8(env)) ? ASCII : UNICODE,
  };
}

function depthOf(colors: boolean | null, env: Readonly<Record<string, string | undefined>>): ColorDepth {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM = '' } = env;
  if (colors === false || NO_COLOR !== '' || FORCE_COLOR === '0' || TERM === 'dumb') return 'none';
  if (colors === null && FORCE_COLOR === '') return 'none';
  return TERM === 'linux' || /^(?:vt|ansi)/.test(TERM) || FORCE_COLOR === '1' ? 16 : 256;
}

/** `foreground;background` as some terminals tell: 7 and from 9 on are light ones. */
function isLight(colors: string | undefined): boolean {
  const background = Number(colors?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || (background >= 9 && background <= 15);
}

/** Windows consoles say nothing of a locale, and can. */
function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.WT_SESSION !== undefined) return true;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  return locale === undefined ? env.TERM !== 'linux' : /utf-?8/i.test(locale);
}
