/**
 * A line of the screen as data: what it says, and what each part means. Everything is laid out, cut and laid over each
 * other in this form; escapes come last, so nothing has to be taken out of them again.
 */
import { clip, sliceColumns, widthOf } from './width.ts';

/** What a colour stands for. Each one also stands next to a word or a glyph that says the same. */
export type Tone = 'plain' | 'dim' | 'ok' | 'warn' | 'bad' | 'info' | Series;
/** Of the nth of several: a backend of a split, a line of a chart. */
export type Series = `series${0 | 1 | 2 | 3 | 4 | 5}`;

export interface Style {
  readonly tone?: Tone;
  readonly bold?: boolean;
  readonly inverse?: boolean;
  /** What a click on it means: `view gpus`, `row v1#0`. */
  readonly target?: string;
}

export interface Span extends Style {
  readonly text: string;
}

export type Line = readonly Span[];

export const span = (text: string, tone: Tone = 'plain', bold = false): Span =>
  tone === 'plain' && !bold ? { text } : { text, tone, bold };

export const line = (...parts: readonly (string | Span)[]): Line =>
  parts.map((part) => (typeof part === 'string' ? { text: part } : part));

export const EMPTY: Line = [];

export const lineWidth = (given: Line): number => given.reduce((width, { text }) => width + widthOf(text), 0);

export const textOf = (given: Line): string => given.map(({ text }) => text).join('');

/** Its columns from `from` up to `to`; half of a wide character becomes a space. */
export function sliceLine(given: Line, from: number, to = Number.POSITIVE_INFINITY): Line {
  const kept: Span[] = [];
  let at = 0;
  for (const part of given) {
    const width = widthOf(part.text);
    const [first, last] = [Math.max(0, from - at), Math.min(width, to - at)];
    at += width;
    if (last <= first) continue;
    kept.push(first === 0 && last === width ? part : { ...part, text: sliceColumns(part.text, first, last) });
  }
  return kept;
}

/** In exactly so many columns: cut with a mark, or filled with spaces. */
export function fitLine(given: Line, columns: number, mark: string): Line {
  const width = lineWidth(given);
  if (width === columns) return given;
  if (width < columns) return [...given, { text: ' '.repeat(columns - width) }];
  const kept = sliceLine(given, 0, Math.max(0, columns - mark.length));
  const last = kept.at(-1);
  return [...kept, { ...last, text: clip(mark, columns) }];
}

/** Every part of it in another style as well. */
export const styled = (given: Line, style: Style): Line => given.map((part) => ({ ...part, ...style }));

/** `over` in the place of what stood there, its left end at `column`. `under` is as wide as the screen. */
export const overlayLine = (under: Line, over: Line, column: number): Line => [
  ...sliceLine(under, 0, column),
  ...over,
  ...sliceLine(under, column + lineWidth(over)),
];

/** Blocks next to each other, each line as wide as its block: all have the same width within a block. */
export function beside(...blocks: readonly (readonly Line[])[]): Line[] {
  const height = Math.max(...blocks.map((block) => block.length));
  return Array.from({ length: height }, (_, row) => blocks.flatMap((block) => block[row] ?? []));
}
