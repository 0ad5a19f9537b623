import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BackendError, ServeError } from '../../lib/errors.ts';
import { packBackendFailure, packError, unpackError, unpackFailure } from '../../lib/wire/error-envelope.ts';

const test = suite('errors between threads');

const through = (thrown: unknown): Error & Record<string, unknown> =>
  unpackError(structuredClone(packError(thrown))) as Error & Record<string, unknown>;

test('name, message, stack, own fields and causes arrive; what cannot travel stays behind', () => {
  const thrown = Object.assign(new TypeError('bad', { cause: new RangeError('inner') }), {
    code: 'E_BAD',
    status: 418,
    list: [1],
    fn: () => 1,
    symbol: Symbol('s'),
  });
  const back = through(thrown);
  assert.instance(back, TypeError);
  assert.equal([back.message, back.code, back.status, back.list], ['bad', 'E_BAD', 418, [1]]);
  assert.is(back.stack, thrown.stack);
  assert.not.ok('fn' in back || 'symbol' in back);
  assert.instance(back.cause, RangeError);
});

test('each error of the toolkit keeps its code and class', () => {
  const back = through(new ServeError('QUEUE_FULL', 'full'));
  assert.instance(back, ServeError);
  assert.equal([back.code, back.name, back.message], ['QUEUE_FULL', 'ServeError', 'full']);
  assert.instance(through(new BackendError('x', { cause: new Error('y') })), BackendError);
});

test('any thrown value becomes an error that shows it', () => {
  const cases: [unknown, string][] = [
    [null, 'null'],
    [undefined, 'undefined'],
    ['x', "'x'"],
    [5, '5'],
    [{ status: 200 }, 'status: 200'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'unction'],
    [[1], '[ 1 ]'],
    [{ message: 5 }, 'message: 5'],
  ];
  for (const [thrown, part] of cases) assert.ok(through(thrown).message.includes(part), through(thrown).message);
});

test('a thrown value cannot break the packing: throwing getters and proxies, endless causes, hostile keys', () => {
  const never = (): never => {
    throw new Error('trap');
  };
  const traps = { get: never, ownKeys: never, getPrototypeOf: never, has: never, getOwnPropertyDescriptor: never };
  const hostile = Object.defineProperties(new Error('x'), {
    message: { get: never },
    stack: { get: never },
    cause: { get: never },
  });
  const cyclic = new Error('c');
  cyclic.cause = cyclic;
  const polluting = Object.assign(new Error('p'), JSON.parse('{"__proto__":{"polluted":1}}'));
  for (const thrown of [new Proxy({}, traps), new Proxy(new Error('y'), traps), hostile, cyclic, polluting]) {
    assert.instance(through(thrown), Error);
  }
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

test('what a backend threw is wrapped once, in its name; a failure of the toolkit passes as it is', () => {
  const failure = unpackFailure(packBackendFailure('model', new RangeError('too big')));
  assert.instance(failure, BackendError);
  assert.is(failure.message, "backend 'model' failed: RangeError: too big");
  assert.instance(failure.cause, RangeError);
  assert.is(unpackFailure(packBackendFailure('outer', failure)).message, failure.message);
  assert.is(unpackFailure(packBackendFailure('x', new ServeError('TIMEOUT', 'late'))).code, 'TIMEOUT');
});

test.run();
