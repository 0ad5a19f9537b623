import { ServeError } from '../errors.ts';
import { invalidValue, quote } from './given-value.ts';
import { nearestName } from './names.ts';
import type { RouteVariable, SegmentConverter, VariableSegment } from './route-segment.ts';

/** A piece of a pattern between two slashes. `rest` is `{name:path}`: one or more segments, maybe empty ones. */
export type RouteSegment =
  | { readonly type: 'literal'; readonly key: string }
  | VariableSegment
  | { readonly type: 'rest'; readonly key: string; readonly name: string };

/** A parsed route. `key` is equal for patterns that differ in the names of their variables only. */
export interface Route {
  readonly pattern: string;
  readonly isExact: boolean;
  readonly key: string;
  /** In the order of the path, without the empty piece before the first slash. */
  readonly segments: readonly RouteSegment[];
}

const CONVERTERS = ['str', 'int', 'float', 'path', 'uuid'] as const;
type Converter = (typeof CONVERTERS)[number];

/** What is between two braces; the capture makes `split` keep it. */
const BRACED = /\{([^{}]*)\}/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::([A-Za-z0-9_]*))?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const FORBIDDEN = /[\u0000-\u001f\u007f?#]/;

/**
 * A route: exact (`/echo`) or one of Starlette's patterns: `{name}`, `{id:int}`, `{x:float}`, `{key:uuid}`,
 * `{rest:path}`. Several variables may share a segment when something stands between them (`{name}.{format}`); a route
 * has at most one `path` variable, and that fills its segment. Throws INVALID_ARGUMENT.
 */
export function parseRoute(pattern: unknown): Route {
  if (typeof pattern !== 'string') throw invalidValue('route', "a string like '/echo' or '/items/{id:int}'", pattern);
  requirePathSyntax(pattern);
  requireVariables(pattern);
  const segments = pattern
    .slice(1)
    .split('/')
    .map((text) => parseSegment(pattern, text));
  if (segments.filter(({ type }) => type === 'rest').length > 1) {
    throw refuse(pattern, "has two 'path' variables", 'keep one: where the first ends would be a guess');
  }
  return Object.freeze({
    pattern,
    isExact: segments.every(({ type }) => type === 'literal'),
    key: `/${segments.map(({ key }) => key).join('/')}`,
    segments,
  });
}

function requirePathSyntax(pattern: string): void {
  if (!pattern.startsWith('/')) throw refuse(pattern, "does not start with '/'", `write ${quote(`/${pattern}`)}`);
  if (pattern === '/-' || pattern.startsWith('/-/')) {
    throw refuse(pattern, "is reserved: '/-/' is for the instance's own pages", 'choose another first segment');
  }
  const [forbidden] = FORBIDDEN.exec(pattern) ?? [];
  if (forbidden !== undefined) {
    throw refuse(
      pattern,
      `contains ${quote(forbidden)}`,
      'a route is a path alone, without query or control characters',
    );
  }
  if (!pattern.isWellFormed())
    throw refuse(pattern, 'contains half a surrogate pair', 'no request could ever match it');
}

/** Braces in pairs, and in each a variable that is named once. */
function requireVariables(pattern: string): void {
  const names = new Set<string>();
  for (const [index, piece] of pattern.split(BRACED).entries()) {
    if (index % 2 === 1) {
      const { name } = parseVariable(pattern, piece);
      if (names.has(name))
        throw refuse(pattern, `names the variable ${quote(name)} twice`, 'give each a name of its own');
      names.add(name);
    } else if (/[{}]/.test(piece)) {
      throw refuse(pattern, 'has a brace without its partner', "write a variable as '{name}' or '{name:int}'");
    }
  }
}

function parseSegment(pattern: string, text: string): RouteSegment {
  const pieces = text.split(BRACED);
  if (pieces.length === 1) return { type: 'literal', key: text };
  const literals = pieces.filter((_, index) => index % 2 === 0).map(rawForm);
  const parsed = pieces.filter((_, index) => index % 2 === 1).map((body) => parseVariable(pattern, body));
  const rest = parsed.find(({ converter }) => converter === 'path');
  if (rest !== undefined) {
    if (text === `{${rest.name}:path}`) return { type: 'rest', key: '{path}', name: rest.name };
    throw refuse(
      pattern,
      `has more than ${quote(`{${rest.name}:path}`)} in one segment`,
      'put it between two slashes of its own',
    );
  }
  if (literals.slice(1, -1).includes('')) {
    throw refuse(pattern, 'has two variables with nothing between them', "separate them, as in '{a}-{b}'");
  }
  const variables = parsed.filter(isOfOneSegment);
  const key = literals.map((literal, index) => literal + keyOf(variables[index])).join('');
  return { type: 'variables', key, literals, variables };
}

function parseVariable(pattern: string, body: string): { name: string; converter: Converter } {
  const [, name, converter = 'str'] = VARIABLE.exec(body) ?? [];
  // As a key of the params, `__proto__` would be a trap for whoever copies them.
  if (name === undefined || name === '__proto__') {
    throw refuse(
      pattern,
      `has a bad variable ${quote(`{${body}}`)}`,
      'a name has letters, digits and _, no digit first',
    );
  }
  const known = CONVERTERS.find((one) => one === converter);
  if (known !== undefined) return { name, converter: known };
  const nearest = nearestName(converter, CONVERTERS);
  const next = nearest === null ? `known: ${CONVERTERS.join(', ')}` : `did you mean '${nearest}'?`;
  throw refuse(pattern, `has an unknown converter ${quote(converter)}`, next);
}

const isOfOneSegment = (variable: { name: string; converter: Converter }): variable is RouteVariable =>
  variable.converter !== 'path';

const keyOf = (variable?: { converter: SegmentConverter }): string => (variable ? `{${variable.converter}}` : '');

/** A literal beside a variable as clients send it: what cannot stand in a request line is percent-encoded. */
const rawForm = (literal: string): string => literal.replace(/[^\u0021-\u007e]+/g, encodeURIComponent);

function refuse(pattern: string, found: string, next: string): ServeError {
  return new ServeError('INVALID_ARGUMENT', `route ${quote(pattern)} ${found}; ${next}`);
}
