import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DEFAULT_HANDLE_OPTIONS,
  type HandleOptions,
  resolveGetHandleOptions,
  resolveHandleOptions,
} from '../../lib/domain/handle-options.ts';
import { ServeError } from '../../lib/errors.ts';

const test = suite('handle options');

const refusal = (message: string) => (error: unknown) =>
  error instanceof ServeError && error.code === 'INVALID_ARGUMENT' && error.message.includes(message);

const BASE: HandleOptions = {
  methodName: 'add',
  shardKey: 'ada',
  httpMethod: 'POST',
  httpHeaders: 'Accept\n*/*',
  timeoutMs: 10,
};

const RESOLVED: [unknown, Partial<HandleOptions>][] = [
  [undefined, {}],
  [{}, {}],
  [{ methodName: undefined, timeoutMs: undefined }, {}],
  [{ methodName: 'sub' }, { methodName: 'sub' }],
  [{ methodName: null }, { methodName: null }],
  [{ shardKey: '' }, { shardKey: '' }],
  [{ shardKey: null }, { shardKey: null }],
  [{ httpMethod: 'put' }, { httpMethod: 'PUT' }],
  [{ timeoutMs: 0.5 }, { timeoutMs: 0.5 }],
  [{ timeoutMs: null }, { timeoutMs: null }],
  [{ httpHeaders: null }, { httpHeaders: '' }],
  [{ httpHeaders: {} }, { httpHeaders: '' }],
  [{ httpHeaders: { 'X-A': '1', 'x-b': '' } }, { httpHeaders: 'X-A\n1\nx-b\n' }],
  [
    {
      httpHeaders: [
        ['a', '1'],
        ['a', '2'],
      ],
    },
    { httpHeaders: 'a\n1\na\n2' },
  ],
  [{ httpHeaders: new Headers({ 'X-A': ' 1 ' }) }, { httpHeaders: 'x-a\n1' }],
  [{ httpHeaders: new Map([['a', 'é\tb']]) }, { httpHeaders: 'a\né\tb' }],
];

for (const [given, changed] of RESOLVED) {
  test(`${JSON.stringify(given) ?? 'nothing'} changes ${JSON.stringify(changed)} and nothing else`, () => {
    const resolved = resolveHandleOptions(given, BASE);
    assert.equal(resolved, { ...BASE, ...changed });
    assert.ok(Object.isFrozen(resolved));
  });
}

test('without a base the defaults stand', () => {
  assert.equal(resolveHandleOptions({}), DEFAULT_HANDLE_OPTIONS);
});

const REFUSED: [unknown, string][] = [
  [null, 'handle options must be a plain object, got null'],
  ['add', "got 'add'"],
  [[], 'got an empty array'],
  [{ methodname: 'a' }, "unknown handle option 'methodname'; did you mean 'methodName'?"],
  [{ method_name: 'a' }, "did you mean 'methodName'?"],
  [{ zzz: 1 }, 'known: methodName, shardKey, httpMethod, httpHeaders, timeoutMs'],
  [JSON.parse('{ "__proto__": { "methodName": "a" } }'), "unknown handle option '__proto__'"],
  [{ methodName: '' }, 'methodName must be a non-empty string or null'],
  [{ methodName: 1 }, 'got 1'],
  [{ shardKey: 1 }, 'shardKey must be a string or null, got 1'],
  [{ httpMethod: 'GET /' }, "httpMethod must be an HTTP method like 'POST', or null, got 'GET /'"],
  [{ httpMethod: '' }, 'httpMethod'],
  [{ timeoutMs: 0 }, 'timeoutMs must be a number > 0 and <= 2147483647, or null, got 0'],
  [{ timeoutMs: Number.NaN }, 'got NaN'],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, 'got Infinity'],
  [{ timeoutMs: 2 ** 31 }, 'got 2147483648'],
  [{ timeoutMs: '5' }, "got '5'"],
  [{ httpHeaders: 'a: b' }, "httpHeaders must be Headers, an object of strings, pairs or null, got 'a: b'"],
  [{ httpHeaders: { 'a b': '1' } }, "httpHeaders needs header names like 'accept', got 'a b'"],
  [{ httpHeaders: { '': '1' } }, "got ''"],
  [{ httpHeaders: { 'a\nb': '1' } }, "got 'a\\nb'"],
  [{ httpHeaders: { a: 1 } }, "the value of header 'a' must be a string"],
  [{ httpHeaders: { a: ['1'] } }, "the value of header 'a' must be a string"],
  [{ httpHeaders: { a: '1\r\nX: y' } }, "the value of header 'a'"],
  [{ httpHeaders: { a: '1\n' } }, "the value of header 'a'"],
  [{ httpHeaders: { a: '\0' } }, "the value of header 'a'"],
  [{ httpHeaders: { a: '→' } }, "the value of header 'a'"],
  [{ httpHeaders: ['a', '1'] }, 'header names'],
  [{ httpHeaders: [['a']] }, 'got an array'],
];

for (const [given, message] of REFUSED) {
  test(`a handle option is refused: ${message.slice(0, 70)}`, () => {
    assert.throws(() => resolveHandleOptions(given), refusal(message));
  });
}

test('getHandle is strict and asynchronous by default', () => {
  assert.equal(resolveGetHandleOptions(undefined), { missingOk: false, sync: false });
  assert.equal(resolveGetHandleOptions({ missingOk: true, sync: undefined }), { missingOk: true, sync: false });
});

const REFUSED_BY_GET_HANDLE: [unknown, string][] = [
  [null, 'getHandle options must be a plain object, got null'],
  [true, 'got true'],
  [{ missing_ok: true }, "did you mean 'missingOk'?"],
  [{ sync: 1 }, 'sync must be true or false, got 1'],
  [{ missingOk: null }, 'missingOk must be true or false, got null'],
];

for (const [given, message] of REFUSED_BY_GET_HANDLE) {
  test(`getHandle refuses: ${message}`, () => {
    assert.throws(() => resolveGetHandleOptions(given), refusal(message));
  });
}

test.run();
