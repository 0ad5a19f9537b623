import { decodePercent } from './percent-decoding.ts';
import type { Route } from './route.ts';
import { decodeExact, type RouteParams, readParams, segmentsOf } from './route-match.ts';
import { splitSegment, type VariableSegment } from './route-segment.ts';

export interface RouteHit<T> {
  readonly value: T;
  /** Converted values of the route's variables; null for an exact route. */
  readonly params: RouteParams | null;
}

interface PatternEntry<T> {
  readonly order: number;
  readonly route: Route;
  readonly value: T;
}

/** What patterns with the same beginning share; below `tail`, what those with the same end share, read backwards. */
interface PatternNode<T> {
  /** The first registered below this node: none below it can beat one registered before that. */
  readonly first: number;
  readonly literals: Map<string, PatternNode<T>>;
  readonly variables: Map<string, { readonly segment: VariableSegment; readonly node: PatternNode<T> }>;
  tail: PatternNode<T> | null;
  entry: PatternEntry<T> | null;
}

/**
 * Finds the route of a raw path among many: an exact one by one lookup without allocating, else the first registered of
 * the patterns that match, by walking two tries (segments before a `path` variable, and after it from the end), so that
 * only patterns that agree with the path so far are looked at. Never changes: a new set of routes is a new index.
 * Agrees with asking `matchRoute` of every route in turn, exact ones first. Of routes with equal keys the first counts.
 */
export class RouteIndex<T> {
  readonly #exact = new Map<string, RouteHit<T>>();
  readonly #patterns: PatternNode<T> = newNode(0);
  #numPatterns = 0;

  /** Routes with their values, in the order of their registration. */
  constructor(entries: Iterable<readonly [Route, T]>) {
    for (const [route, value] of entries) {
      if (!route.isExact) this.#addPattern({ order: this.#numPatterns++, route, value });
      else if (!this.#exact.has(route.pattern)) this.#exact.set(route.pattern, Object.freeze({ value, params: null }));
    }
  }

  /**
   * The route of a raw path (as in the request line, without the query); null when no route matches; 'malformed' when
   * the one that does gets a value that is badly encoded. No pattern ever takes the reserved `/-/`.
   */
  match(rawPath: string): RouteHit<T> | 'malformed' | null {
    const exact = this.#exact.get(rawPath) ?? this.#exact.get(decodeExact(rawPath) ?? '');
    if (exact !== undefined) return exact;
    if (this.#numPatterns === 0 || !rawPath.startsWith('/') || rawPath.startsWith('/-/')) return null;
    const segments = segmentsOf(rawPath);
    const found = searchBefore(this.#patterns, segments, 0, null);
    if (found === null) return null;
    const params = readParams(found.route, segments);
    return params === 'malformed' ? params : { value: found.value, params };
  }

  #addPattern(entry: PatternEntry<T>): void {
    const { segments } = entry.route;
    const restAt = segments.findIndex(({ type }) => type === 'rest');
    let node = this.#patterns;
    const before = restAt < 0 ? segments : segments.slice(0, restAt);
    for (const segment of before) node = childFor(node, segment, entry.order);
    if (restAt >= 0) {
      node.tail ??= newNode(entry.order);
      node = node.tail;
      for (const segment of segments.slice(restAt + 1).reverse()) node = childFor(node, segment, entry.order);
    }
    node.entry ??= entry;
  }
}

const newNode = <T>(first: number): PatternNode<T> => ({
  first,
  literals: new Map(),
  variables: new Map(),
  tail: null,
  entry: null,
});

function childFor<T>(parent: PatternNode<T>, segment: Route['segments'][number], order: number): PatternNode<T> {
  if (segment.type === 'variables') {
    const node = parent.variables.get(segment.key)?.node ?? newNode<T>(order);
    if (node.first === order) parent.variables.set(segment.key, { segment, node });
    return node;
  }
  const node = parent.literals.get(segment.key) ?? newNode<T>(order);
  parent.literals.set(segment.key, node);
  return node;
}

/** The earliest entry, `best` included, whose pattern fits from segment `from` on. */
function searchBefore<T>(
  node: PatternNode<T>,
  segments: readonly string[],
  from: number,
  best: PatternEntry<T> | null,
): PatternEntry<T> | null {
  if (best !== null && node.first > best.order) return best;
  if (from === segments.length) return earlier(best, node.entry);
  let found = node.tail === null ? best : searchAfter(node.tail, segments, from, segments.length, best);
  for (const child of childrenThatFit(node, segments[from] ?? '')) {
    found = searchBefore(child, segments, from + 1, found);
  }
  return found;
}

/** The same below a `path` variable: `from` is where that begins, `to` where what is not yet matched ends. */
function searchAfter<T>(
  node: PatternNode<T>,
  segments: readonly string[],
  from: number,
  to: number,
  best: PatternEntry<T> | null,
): PatternEntry<T> | null {
  // The variable itself takes at least one segment, if only an empty one: `/files/` has one, `/files` has none.
  if (to <= from || (best !== null && node.first > best.order)) return best;
  let found = earlier(best, node.entry);
  for (const child of childrenThatFit(node, segments[to - 1] ?? '')) {
    found = searchAfter(child, segments, from, to - 1, found);
  }
  return found;
}

const earlier = <T>(best: PatternEntry<T> | null, entry: PatternEntry<T> | null): PatternEntry<T> | null =>
  best === null || (entry !== null && entry.order < best.order) ? entry : best;

function* childrenThatFit<T>(node: PatternNode<T>, raw: string): Iterable<PatternNode<T>> {
  const literal = node.literals.get(raw);
  if (literal !== undefined) yield literal;
  const decoded = raw.includes('%') ? decodePercent(raw) : null;
  const spelled = decoded === null ? undefined : node.literals.get(decoded);
  if (spelled !== undefined && spelled !== literal) yield spelled;
  for (const { segment, node: child } of node.variables.values()) {
    if (splitSegment(segment, raw) !== null) yield child;
  }
}
