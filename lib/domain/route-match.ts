import { decodePercent } from './percent-decoding.ts';
import type { Route, RouteSegment } from './route.ts';
import { type SegmentConverter, splitSegment } from './route-segment.ts';

/** Converted values of a route's variables by name, without a prototype. */
export type RouteParams = Readonly<Record<string, string | number>>;

/**
 * What one route makes of a raw path (no query): its params, null for an exact route; null when it does not match;
 * 'malformed' when it does, but a value is badly encoded, has a NUL, or is a path with a `..` in it.
 */
export function matchRoute(route: Route, rawPath: string): { params: RouteParams | null } | 'malformed' | null {
  if (route.isExact) {
    return rawPath === route.pattern || decodeExact(rawPath) === route.pattern ? { params: null } : null;
  }
  if (!rawPath.startsWith('/')) return null;
  const rawSegments = segmentsOf(rawPath);
  const parts = partsOf(route, rawSegments);
  if (!parts?.every((part, index) => fitsSegment(route.segments[index], part[0] ?? ''))) return null;
  const params = readParams(route, rawSegments);
  return params === 'malformed' ? params : { params };
}

/** A raw path's segments, each still percent-encoded. */
export const segmentsOf = (rawPath: string): string[] => rawPath.slice(1).split('/');

/** The path that an encoded spelling of an exact route stands for; null when there is none, or an encoded slash. */
export function decodeExact(rawPath: string): string | null {
  return rawPath.includes('%') && !/%2f/i.test(rawPath) ? decodePercent(rawPath) : null;
}

/** The converted values of a route whose segments fit. Each raw segment is decoded on its own, after the match. */
export function readParams(route: Route, rawSegments: readonly string[]): RouteParams | 'malformed' {
  const params: Record<string, string | number> = Object.create(null);
  for (const [index, part] of (partsOf(route, rawSegments) ?? []).entries()) {
    for (const [name, value] of valuesOf(route.segments[index], part)) {
      if (value === null) return 'malformed';
      params[name] = value;
    }
  }
  return params;
}

/** The raw segments of each segment of the pattern: one each, the others to `rest`; null when the numbers disagree. */
function partsOf({ segments }: Route, rawSegments: readonly string[]): (readonly string[])[] | null {
  const spare = rawSegments.length - segments.length;
  const hasRest = segments.some(({ type }) => type === 'rest');
  if (spare < 0 || (spare > 0 && !hasRest)) return null;
  let taken = 0;
  return segments.map(({ type }) => {
    const from = taken;
    taken += type === 'rest' ? spare + 1 : 1;
    return rawSegments.slice(from, taken);
  });
}

/** Whether a raw segment has the form its pattern wants; the encodings inside variables are not looked at yet. */
function fitsSegment(segment: RouteSegment | undefined, raw: string): boolean {
  switch (segment?.type) {
    case 'literal':
      return raw === segment.key || (raw.includes('%') && decodePercent(raw) === segment.key);
    case 'variables':
      return splitSegment(segment, raw) !== null;
    default:
      return true;
  }
}

/** Names and values of one segment's variables; a malformed value is null. */
function valuesOf(segment: RouteSegment | undefined, part: readonly string[]): [string, string | number | null][] {
  if (segment?.type === 'rest') return [[segment.name, readRest(part)]];
  if (segment?.type !== 'variables') return [];
  const values = splitSegment(segment, part[0] ?? '') ?? [];
  return segment.variables.map(({ name, converter }, index) => [name, convert(converter, values[index] ?? '')]);
}

function convert(converter: SegmentConverter, raw: string): string | number | null {
  switch (converter) {
    case 'str':
      return decodePercent(raw);
    case 'int':
    case 'float':
      return Number(raw);
    case 'uuid':
      return raw.toLowerCase();
  }
}

/** The text of a `path` variable. `..` is looked for after decoding, with a backslash parting segments too. */
function readRest(part: readonly string[]): string | null {
  const decoded: string[] = [];
  for (const raw of part) {
    const segment = decodePercent(raw);
    if (segment === null || segment.split(/[\\/]/).includes('..')) return null;
    decoded.push(segment);
  }
  return decoded.join('/');
}
