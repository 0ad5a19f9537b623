import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRoute } from '../../lib/domain/route.ts';
import { matchRoute } from '../../lib/domain/route-match.ts';
import { routePath, routePattern, starletteMatch } from '../support/starlette.ts';

const test = suite('route match');

type Outcome = Record<string, string | number> | 'exact' | 'malformed' | null;

const UUID = '0aB1c2d3-0000-4000-8000-AbCdEf012345';

const MATCHES: [pattern: string, rawPath: string, outcome: Outcome][] = [
  ['/', '/', 'exact'],
  ['/echo', '/echo', 'exact'],
  ['/echo', '/Echo', null],
  ['/echo', '/echo/', null],
  ['/echo/', '/echo', null],
  ['/echo', 'echo', null],
  ['/echo', '/%65cho', 'exact'],
  ['/a b', '/a%20b', 'exact'],
  ['/café', '/caf%C3%A9', 'exact'],
  ['/a%20b', '/a%20b', 'exact'],
  ['/a/b', '/a%2Fb', null],
  ['/a/b', '/a%2fb', null],
  ['/a/b', '/%61/b', 'exact'],
  ['/a', '/a%', null],
  ['/a', '/a%00', null],

  ['/{name}', '/ada', { name: 'ada' }],
  ['/{name}', '/', null],
  ['/{name}', '/a/b', null],
  ['/{name}', '/a%2Fb', { name: 'a/b' }],
  ['/{name}', '/a+b', { name: 'a+b' }],
  ['/{name}', '/caf%C3%A9', { name: 'café' }],
  ['/{name}', '/%E0%A4%A', 'malformed'],
  ['/{name}', '/%', 'malformed'],
  ['/{name}', '/a%00b', 'malformed'],
  ['/{name}', '/%252e', { name: '%2e' }],
  ['/{name}/', '/ada', null],
  ['/{name}/', '/ada/', { name: 'ada' }],
  ['/hello/{name}', '/hello/ada', { name: 'ada' }],
  ['/hello/{name}', '/Hello/ada', null],
  ['/hello/{name}', '/h%65llo/ada', { name: 'ada' }],
  ['/café/{name}', '/caf%c3%a9/ada', { name: 'ada' }],
  ['/hello/{name}', 'xhello/ada', null],
  ['/{constructor}', '/ada', { constructor: 'ada' }],

  ['/{id:int}', '/7', { id: 7 }],
  ['/{id:int}', '/007', { id: 7 }],
  ['/{id:int}', '/9007199254740991', { id: 9007199254740991 }],
  ['/{id:int}', '/9007199254740992', null],
  ['/{id:int}', '/-7', null],
  ['/{id:int}', '/7.0', null],
  ['/{id:int}', '/%37', null],
  ['/{id:int}', '/٣', null],
  ['/{id:int}', '/1e3', null],

  ['/{x:float}', '/1.5', { x: 1.5 }],
  ['/{x:float}', '/2', { x: 2 }],
  ['/{x:float}', '/2.', null],
  ['/{x:float}', '/.5', null],
  ['/{x:float}', '/-1.5', null],
  ['/{x:float}', '/1e3', null],
  ['/{x:float}', '/1.2.3', null],
  ['/{x:float}', '/Infinity', null],
  ['/{x:float}', `/${'9'.repeat(400)}`, null],

  ['/{key:uuid}', `/${UUID}`, { key: UUID.toLowerCase() }],
  ['/{key:uuid}', `/${UUID.replaceAll('-', '')}`, null],
  ['/{key:uuid}', `/${UUID}0`, null],
  ['/{key:uuid}', `/${UUID.slice(0, -1)}g`, null],

  ['/files/{rest:path}', '/files/a/b.txt', { rest: 'a/b.txt' }],
  ['/files/{rest:path}', '/files/', { rest: '' }],
  ['/files/{rest:path}', '/files', null],
  ['/files/{rest:path}', '/files//a//', { rest: '/a//' }],
  ['/files/{rest:path}', '/files/a%20b/%C3%A9', { rest: 'a b/é' }],
  ['/files/{rest:path}', '/files/a%2Fb', { rest: 'a/b' }],
  ['/files/{rest:path}', '/files/..', 'malformed'],
  ['/files/{rest:path}', '/files/a/../b', 'malformed'],
  ['/files/{rest:path}', '/files/a/%2e%2E/b', 'malformed'],
  ['/files/{rest:path}', '/files/..%2Fetc', 'malformed'],
  ['/files/{rest:path}', '/files/..%5Cetc', 'malformed'],
  ['/files/{rest:path}', '/files/...', { rest: '...' }],
  ['/files/{rest:path}', '/files/%252e%252e', { rest: '%2e%2e' }],
  ['/files/{rest:path}', '/files/a%00', 'malformed'],
  ['/files/{rest:path}', '/files/a/%ff', 'malformed'],
  ['/{rest:path}', '/', { rest: '' }],
  ['/{rest:path}', '/a/b', { rest: 'a/b' }],
  ['/r/{rest:path}/raw', '/r/a/raw/raw', { rest: 'a/raw' }],
  ['/r/{rest:path}/raw', '/r/raw', null],
  ['/r/{rest:path}/raw', '/r//raw', { rest: '' }],
  ['/{owner}/{rest:path}/{id:int}', '/ada/a/b/7', { owner: 'ada', rest: 'a/b', id: 7 }],
  ['/{owner}/{rest:path}/{id:int}', '/ada/7', null],

  ['/v{n:int}', '/v12', { n: 12 }],
  ['/v{n:int}', '/v', null],
  ['/{name}.json', '/a.json', { name: 'a' }],
  ['/{name}.json', '/.json', null],
  ['/{a}-{b}', '/x-y-z', { a: 'x-y', b: 'z' }],
  ['/{a}-{b}', '/-y', null],
  ['/{a}-{b}', '/x%2Dy', null],
  ['/{a}-{b}', '/%ff-y', 'malformed'],
  ['/{a:int}-{b}', '/1-2-3', { a: 1, b: '2-3' }],
  ['/{a}-{b:int}', '/1-2-3', { a: '1-2', b: 3 }],
  ['/{a:float}.{b:int}', '/1.2.3', { a: 1.2, b: 3 }],
  ['/{a:float}.{b:int}', '/1.2', { a: 1, b: 2 }],
  ['/{a:float}.{b:float}', '/1.2.3.4', { a: 1.2, b: 3.4 }],
  ['/{a:int}0{b:int}', '/10203', { a: 102, b: 3 }],
  ['/{a:int}-{b}', '/99999999999999999-x', null],
  ['/{a}aa{b}', '/aaaaa', { a: 'aa', b: 'a' }],
  ['/{key:uuid}.{kind}', `/${UUID}.png`, { key: UUID.toLowerCase(), kind: 'png' }],
  ['/{name}.{key:uuid}!', `/x.${UUID}!`, { name: 'x', key: UUID.toLowerCase() }],
  ['/{a}é{b}', '/x%C3%A9y', { a: 'x', b: 'y' }],
];

for (const [pattern, rawPath, outcome] of MATCHES) {
  test(`${pattern} meets ${rawPath.slice(0, 40)}: ${JSON.stringify(outcome)}`, () => {
    const found = matchRoute(parseRoute(pattern), rawPath);
    if (outcome === null || outcome === 'malformed') assert.is(found, outcome);
    else if (outcome === 'exact') assert.equal(found, { params: null });
    else assert.equal(found === null || found === 'malformed' ? found : { ...found.params }, outcome);
  });
}

test('params have no prototype', () => {
  const found = matchRoute(parseRoute('/{name}'), '/ada');
  assert.ok(found !== null && found !== 'malformed');
  assert.is(Object.getPrototypeOf(found.params), null);
});

test('any pattern reads any plain path as Starlette does', () => {
  fc.assert(
    fc.property(routePattern, routePath, (pattern, rawPath) => {
      const found = matchRoute(parseRoute(pattern), rawPath);
      assert.is.not(found, 'malformed');
      const params = found === null || found === 'malformed' ? null : { ...found.params };
      assert.equal(params, starletteMatch(pattern, rawPath));
    }),
    { numRuns: 5_000 },
  );
});

test.run();
