/**
 * One segment of a route's pattern that has variables: `{id:int}`, `v{major:int}.{minor:int}`.
 *
 * Greedy from the left, as in Starlette, which compiles a pattern to a RegExp. Here no pattern becomes a RegExp: where
 * variables share a segment, the positions at which the rest can still match are worked out from the right, each once,
 * so a hostile path costs time linear in its length, where backtracking would be polynomial.
 */

/** How a variable's text is read. `path` is no segment's: it spans several. */
export type SegmentConverter = 'str' | 'int' | 'float' | 'uuid';

export interface RouteVariable {
  readonly name: string;
  readonly converter: SegmentConverter;
}

/** `literals` stand around the variables, in raw form: one more than there are variables, the inner ones not empty. */
export interface VariableSegment {
  readonly type: 'variables';
  readonly key: string;
  readonly literals: readonly string[];
  readonly variables: readonly RouteVariable[];
}

/** What is read of a raw segment; a string is one. */
export interface RawText {
  readonly length: number;
  charCodeAt(at: number): number;
  slice(from: number, to?: number): string;
}

const DOT = 0x2e;
const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The raw texts of the segment's variables; null when the segment does not match. */
export function splitSegment({ literals, variables }: VariableSegment, raw: RawText): string[] | null {
  const prefix = literals[0] ?? '';
  const suffix = literals[variables.length] ?? '';
  const end = raw.length - suffix.length;
  if (end < prefix.length || !hasLiteralAt(raw, 0, prefix) || !hasLiteralAt(raw, end, suffix)) return null;
  const values = variables.length === 1 ? [raw.slice(prefix.length, end)] : splitBetween(literals, variables, raw, end);
  return values?.every((value, index) => isValue(variables[index]?.converter ?? 'str', value)) ? values : null;
}

function splitBetween(
  literals: readonly string[],
  variables: readonly RouteVariable[],
  raw: RawText,
  end: number,
): string[] | null {
  const ends = endsOfEach(literals, variables, raw, end);
  const values: string[] = [];
  let from = (literals[0] ?? '').length;
  for (const [index, { converter }] of variables.entries()) {
    const to = longestEnd(converter, raw, from, ends[index]);
    if (to === null) return null;
    values.push(raw.slice(from, to));
    from = to + (literals[index + 1] ?? '').length;
  }
  return values;
}

/** For each variable, 1 at each position where it may end so that all that follows still matches. */
function endsOfEach(
  literals: readonly string[],
  variables: readonly RouteVariable[],
  raw: RawText,
  end: number,
): Uint8Array[] {
  let ends = new Uint8Array(raw.length + 1);
  ends[end] = 1;
  const all = [ends];
  for (let index = variables.length - 1; index > 0; index -= 1) {
    const literal = literals[index] ?? '';
    const starts = startsOf(variables[index]?.converter ?? 'str', raw, ends);
    ends = new Uint8Array(raw.length + 1);
    for (let at = 0; at + literal.length < raw.length; at += 1) {
      if (starts[at + literal.length] === 1 && hasLiteralAt(raw, at, literal)) ends[at] = 1;
    }
    all.unshift(ends);
  }
  return all;
}

/** 1 at each position where a value may begin so that it can end where `ends` is 1. */
function startsOf(converter: SegmentConverter, raw: RawText, ends: Uint8Array): Uint8Array {
  switch (converter) {
    case 'str':
      return runsInto(raw, ends, () => true);
    case 'int':
      return runsInto(raw, ends, isDigit);
    case 'float': {
      const fractions = runsInto(raw, ends, isDigit);
      const wholeEnds = ends.map(
        (allowed, at) => allowed | (raw.charCodeAt(at) === DOT ? (fractions[at + 1] ?? 0) : 0),
      );
      return runsInto(raw, wholeEnds, isDigit);
    }
    case 'uuid':
      return ends.map((_, at) => (ends[at + UUID_LENGTH] === 1 && extentOf('uuid', raw, at) > at ? 1 : 0));
  }
}

/** 1 at each position from which one or more fitting characters lead to a position in `ends`. */
function runsInto(raw: RawText, ends: Uint8Array, fits: (code: number) => boolean): Uint8Array {
  const starts = new Uint8Array(raw.length + 1);
  for (let at = raw.length - 1; at >= 0; at -= 1) {
    if ((ends[at + 1] === 1 || starts[at + 1] === 1) && fits(raw.charCodeAt(at))) starts[at] = 1;
  }
  return starts;
}

function longestEnd(converter: SegmentConverter, raw: RawText, from: number, ends?: Uint8Array): number | null {
  for (let to = extentOf(converter, raw, from); to > from; to -= 1) {
    if (ends?.[to] === 1 && !(converter === 'float' && raw.charCodeAt(to - 1) === DOT)) return to;
  }
  return null;
}

/** Where the longest value that begins at `from` ends; `from` when none does. */
function extentOf(converter: SegmentConverter, raw: RawText, from: number): number {
  switch (converter) {
    case 'str':
      return raw.length;
    case 'int':
      return digitsEnd(raw, from);
    case 'float': {
      const whole = digitsEnd(raw, from);
      if (whole === from || raw.charCodeAt(whole) !== DOT) return whole;
      const fraction = digitsEnd(raw, whole + 1);
      return fraction > whole + 1 ? fraction : whole;
    }
    case 'uuid':
      return UUID.test(raw.slice(from, from + UUID_LENGTH)) ? from + UUID_LENGTH : from;
  }
}

/** Numbers that a double cannot hold are no values: an id must never arrive as another id. */
function isValue(converter: SegmentConverter, raw: string): boolean {
  if (raw === '' || extentOf(converter, raw, 0) !== raw.length) return false;
  if (converter === 'int') return Number.isSafeInteger(Number(raw));
  return converter !== 'float' || Number.isFinite(Number(raw));
}

function hasLiteralAt(raw: RawText, from: number, literal: string): boolean {
  for (let at = 0; at < literal.length; at += 1) {
    if (raw.charCodeAt(from + at) !== literal.charCodeAt(at)) return false;
  }
  return true;
}

function digitsEnd(raw: RawText, from: number): number {
  let at = from;
  while (at < raw.length && isDigit(raw.charCodeAt(at))) at += 1;
  return at;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
