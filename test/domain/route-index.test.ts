import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRoute } from '../../lib/domain/route.ts';
import { RouteIndex } from '../../lib/domain/route-index.ts';
import { matchRoute } from '../../lib/domain/route-match.ts';
import { routePath, routePattern } from '../support/starlette.ts';

const test = suite('route index');

const indexOf = (...patterns: string[]) => new RouteIndex(patterns.map((pattern) => [parseRoute(pattern), pattern]));

function valueAt(index: RouteIndex<string>, rawPath: string): string | null {
  const hit = index.match(rawPath);
  return hit === null || hit === 'malformed' ? hit : hit.value;
}

/** Every route in turn: what the index has to agree with. */
function naiveMatch(patterns: readonly string[], rawPath: string) {
  const routes = patterns.map((pattern) => parseRoute(pattern));
  const inOrder = [
    ...routes.filter(({ pattern }) => pattern === rawPath),
    ...routes.filter(({ isExact }) => isExact),
    ...routes.filter(({ isExact }) => !isExact),
  ];
  for (const route of inOrder) {
    const found = matchRoute(route, rawPath);
    if (found !== null) return found === 'malformed' ? found : { value: route.pattern, params: found.params };
  }
  return null;
}

const CHOICES: [string[], string, string | null][] = [
  [[], '/echo', null],
  [['/echo'], '/echo', '/echo'],
  [['/echo'], '/other', null],
  [['/{name}', '/echo'], '/echo', '/echo'],
  [['/{name}', '/echo'], '/%65cho', '/echo'],
  [['/a b', '/a%20b'], '/a%20b', '/a%20b'],
  [['/{name}', '/{id:int}'], '/7', '/{name}'],
  [['/{id:int}', '/{name}'], '/7', '/{id:int}'],
  [['/{id:int}', '/{name}'], '/9007199254740992', '/{name}'],
  [['/{rest:path}', '/a/{name}'], '/a/b', '/{rest:path}'],
  [['/a/{name}', '/{rest:path}'], '/a/b', '/a/{name}'],
  [['/a/{name}', '/{rest:path}'], '/a/b/c', '/{rest:path}'],
  [['/{a}/x', '/a/{b}'], '/a/x', '/{a}/x'],
  [['/a/{b}', '/{a}/x'], '/a/x', '/a/{b}'],
  [['/{rest:path}/x', '/a/{b}'], '/a/x', '/{rest:path}/x'],
  [['/{r:path}/{a}/y', '/{r:path}/x/{b}'], '/q/x/y', '/{r:path}/{a}/y'],
  [['/{r:path}/x/{b}', '/{r:path}/{a}/y'], '/q/x/y', '/{r:path}/x/{b}'],
  [['/{a}', '/{b}'], '/x', '/{a}'],
  [['/{name}'], '/%ff', 'malformed'],
  [['/{name}', '/{rest:path}'], '/%ff', 'malformed'],
  [['/{id:int}'], '/%ff', null],
  [['/{rest:path}'], '/-/routes', null],
  [['/{rest:path}'], '/-', '/{rest:path}'],
  [['/{rest:path}'], '*', null],
  [['/{rest:path}'], '', null],
];

for (const [patterns, rawPath, expected] of CHOICES) {
  test(`among ${patterns.join(' ') || 'no routes'}, ${rawPath} meets ${expected}`, () => {
    assert.is(valueAt(indexOf(...patterns), rawPath), expected);
  });
}

test('an exact hit is the same object every time', () => {
  const index = indexOf('/echo', '/{name}');
  assert.is(index.match('/echo'), index.match('/echo'));
  assert.equal(index.match('/echo'), { value: '/echo', params: null });
});

test('params have no prototype, and one that is called constructor is a value like any other', () => {
  const hit = indexOf('/{constructor}').match('/ada');
  assert.ok(hit !== null && hit !== 'malformed' && hit.params !== null);
  assert.is(Object.getPrototypeOf(hit.params), null);
  assert.equal(Object.entries(hit.params), [['constructor', 'ada']]);
});

test('any routes and any path give what asking every route in turn gives', () => {
  const patterns = fc.array(fc.oneof(routePattern, routePath), { maxLength: 12 });
  const encoded = fc
    .tuple(routePath, fc.boolean())
    .map(([path, isEncoded]) => (isEncoded ? path.replace('a', '%61') : path));
  fc.assert(
    fc.property(patterns, encoded, (routes, rawPath) => {
      assert.equal(indexOf(...routes).match(rawPath), naiveMatch(routes, rawPath));
    }),
    { numRuns: 5_000 },
  );
});

test('a pattern that matches is always found, wherever it stands among others', () => {
  const paths = fc.tuple(
    fc.array(routePattern, { minLength: 1, maxLength: 8 }),
    fc.nat(),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  fc.assert(
    fc.property(paths, ([routes, pick, junk]) => {
      const made = (routes[pick % routes.length] ?? '/')
        .replace(/\{\w+:(int|float)\}/g, '12')
        .replace(/\{\w+:path\}/g, `a/${encodeURIComponent(junk)}`)
        .replace(/\{[^}]*\}/g, 'b%2Fa');
      const index = indexOf(...routes);
      assert.is.not(index.match(made), null);
      assert.equal(index.match(made), naiveMatch(routes, made));
    }),
    { numRuns: 3_000 },
  );
});

test('among 1 000 patterns only those that agree with the path so far are looked at', () => {
  const shapes = [(n: number) => `/m${n}/{id}`, (n: number) => `/{id}/m${n}`, (n: number) => `/{rest:path}/m${n}`];
  for (const shape of shapes) {
    const patterns = Array.from({ length: 1_000 }, (_, n) => shape(n));
    const index = indexOf(...patterns);
    const lookups = countMapReads(() => index.match(shape(999).replace(/\{[^}]*\}/g, 'x')));
    assert.ok(lookups < 20, `${shape(0)}: ${lookups} map reads`);
  }
});

/** Reads of maps during a call, plain or by walking: the index keeps its tries in maps. */
function countMapReads(call: () => unknown): number {
  const { get, values } = Map.prototype;
  let reads = 0;
  Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown) {
    reads += 1;
    return get.call(this, key);
  };
  Map.prototype.values = function (this: Map<unknown, unknown>) {
    reads += this.size;
    return values.call(this);
  };
  try {
    call();
  } finally {
    Object.assign(Map.prototype, { get, values });
  }
  return reads;
}

test.run();
