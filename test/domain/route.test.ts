import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRoute } from '../../lib/domain/route.ts';
import { ServeError } from '../../lib/errors.ts';

const test = suite('route');

const KEYS: [string, string, boolean][] = [
  ['/', '/', true],
  ['/echo', '/echo', true],
  ['/echo/', '/echo/', true],
  ['/-x', '/-x', true],
  ['/a b/é', '/a b/é', true],
  ['/{name}', '/{str}', false],
  ['/{name:str}', '/{str}', false],
  ['/a/{id:int}/{x:float}', '/a/{int}/{float}', false],
  ['/{rest:path}', '/{path}', false],
  ['/files/{rest:path}/raw', '/files/{path}/raw', false],
  ['/{key:uuid}.{kind}', '/{uuid}.{str}', false],
  ['/v{a:int}-{b:int}!/', '/v{int}-{int}!/', false],
];

for (const [pattern, key, isExact] of KEYS) {
  test(`${pattern} has the key ${key}`, () => {
    const route = parseRoute(pattern);
    assert.is(route.pattern, pattern);
    assert.is(route.key, key);
    assert.is(route.isExact, isExact);
  });
}

test('patterns that differ in the names of their variables only have equal keys', () => {
  assert.is(parseRoute('/a/{id:int}').key, parseRoute('/a/{number:int}').key);
  assert.is.not(parseRoute('/a/{id:int}').key, parseRoute('/a/{id}').key);
  assert.is.not(parseRoute('/a/{id}').key, parseRoute('/a/{id}/').key);
});

const REFUSED: [unknown, string][] = [
  [undefined, "route must be a string like '/echo' or '/items/{id:int}', got undefined"],
  [null, 'got null'],
  [/a/, 'got an instance of a class'],
  ['', "does not start with '/'"],
  ['echo', "route 'echo' does not start with '/'; write '/echo'"],
  ['*', "does not start with '/'"],
  ['/-', 'is reserved'],
  ['/-/', 'is reserved'],
  ['/-/routes', 'is reserved'],
  ['/a?b', "contains '?'"],
  ['/a#b', "contains '#'"],
  ['/a\0', "contains '\\u{0}'"],
  ['/a\r\nX: y', "contains '\\r'"],
  ['/\ud800', 'half a surrogate pair'],
  ['/{id:in}', "has an unknown converter 'in'; did you mean 'int'?"],
  ['/{id:regex}', "has an unknown converter 'regex'; known: str, int, float, path, uuid"],
  ['/{id:}', "unknown converter ''"],
  ['/{}', "has a bad variable '{}'"],
  ['/{1a}', "has a bad variable '{1a}'"],
  ['/{a b}', 'has a bad variable'],
  ['/{a/b}', 'has a bad variable'],
  ['/{a:int:int}', 'has a bad variable'],
  ['/{__proto__}', 'has a bad variable'],
  ['/{a}/{a:int}', "names the variable 'a' twice"],
  ['/{a', 'has a brace without its partner'],
  ['/a}', 'has a brace without its partner'],
  ['/{a}}', 'has a brace without its partner'],
  ['/{{a}}', 'has a brace without its partner'],
  ['/{a}{b}', 'has two variables with nothing between them'],
  ['/x{rest:path}', "has more than '{rest:path}' in one segment"],
  ['/{rest:path}.json', "has more than '{rest:path}' in one segment"],
  ['/{a:path}/b/{c:path}', "has two 'path' variables"],
];

for (const [pattern, message] of REFUSED) {
  test(`${JSON.stringify(pattern) ?? 'undefined'} is refused: ${message.slice(0, 50)}`, () => {
    assert.throws(
      () => parseRoute(pattern),
      (error: unknown) =>
        error instanceof ServeError && error.code === 'INVALID_ARGUMENT' && error.message.includes(message),
    );
  });
}

test.run();
