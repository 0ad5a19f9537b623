/** Starlette's own way, a RegExp per pattern, as the standard that our matchers are held against. Not linear: tests only. */
import fc from 'fast-check';

const SOURCES: Readonly<Record<string, string>> = {
  str: '[^/]+',
  int: '[0-9]+',
  float: '[0-9]+(?:\\.[0-9]+)?',
  path: '.*',
  uuid: '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
};

/** Params of a path without percent signs, `{}` for an exact pattern; null when it does not match. */
export function starletteMatch(pattern: string, path: string): Record<string, string | number> | null {
  const converters: [string, string][] = [];
  const source = pattern
    .split(/(\{[^{}]*\})/)
    .map((piece, index) => {
      if (index % 2 === 0) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const [name = '', converter = 'str'] = piece.slice(1, -1).split(':');
      converters.push([name, converter]);
      return `(${SOURCES[converter]})`;
    })
    .join('');
  const found = new RegExp(`^${source}$`, 's').exec(path);
  if (found === null) return null;
  return Object.fromEntries(
    converters.map(([name, converter], index) => {
      const raw = found[index + 1] ?? '';
      return [name, converter === 'int' || converter === 'float' ? Number(raw) : raw];
    }),
  );
}

const literal = fc.constantFrom('a', 'b', 'ab', '-', '.', '1', 'a.1');
const converter = fc.constantFrom('', '', ':str', ':int', ':float');

const mixedSegment = fc
  .tuple(
    fc.option(literal, { nil: '' }),
    fc.array(fc.tuple(converter, literal), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([prefix, parts, hasSuffix]) => {
    const text = parts.map(([kind, after], index) => `{?${kind}}${index < parts.length - 1 || hasSuffix ? after : ''}`);
    return prefix + text.join('');
  });
const segment = fc.oneof({ weight: 3, arbitrary: literal }, { weight: 2, arbitrary: mixedSegment }, fc.constant(''));

/** Any pattern over a small alphabet, so that paths of the same alphabet often match. */
export const routePattern = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.option(fc.nat(3)))
  .map(([segments, restAt]) => {
    const all = restAt === null ? segments : segments.toSpliced(restAt, 0, '{?:path}');
    let number = 0;
    return `/${all.join('/').replace(/\?/g, () => `v${number++}`)}`;
  })
  .filter((pattern) => pattern !== '/-' && !pattern.startsWith('/-/'));

export const routePath = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'b', '1', '2', '.', '-'), maxLength: 6 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((segments) => `/${segments.join('/')}`)
  .filter((path) => !path.split('/').includes('..') && path !== '/-' && !path.startsWith('/-/'));
