import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseBackend, requireProportion, resolveTraffic } from '../../lib/domain/traffic-policy.ts';
import { ServeError, type ServeErrorCode } from '../../lib/errors.ts';

const test = suite('traffic policy');

const KNOWN = ['v1', 'v2', 'resnet'];

const failure = (code: ServeErrorCode, message: string) => (error: unknown) =>
  error instanceof ServeError && error.code === code && error.message.includes(message);

const REFUSED: [unknown, ServeErrorCode, string][] = [
  [undefined, 'INVALID_ARGUMENT', 'traffic must be an object of weights like { v1: 0.9, v2: 0.1 }, got undefined'],
  [null, 'INVALID_ARGUMENT', 'got null'],
  ['v1', 'INVALID_ARGUMENT', "got 'v1'"],
  [[['v1', 1]], 'INVALID_ARGUMENT', 'got an array'],
  [new Map([['v1', 1]]), 'INVALID_ARGUMENT', 'got an instance of a class'],
  [{ v1: '1' }, 'INVALID_ARGUMENT', "the weight of 'v1' must be a number, got '1'"],
  [{ v1: undefined }, 'INVALID_ARGUMENT', 'got undefined'],
  [{ v1: 1n }, 'INVALID_ARGUMENT', 'got 1n'],
  [{}, 'INVALID_TRAFFIC', 'at least one backend'],
  [{ v1: -0.5, v2: 1.5 }, 'INVALID_TRAFFIC', "the weight of 'v1' must be a finite number >= 0, got -0.5"],
  [{ v1: Number.NaN }, 'INVALID_TRAFFIC', 'got NaN'],
  [{ v1: Number.POSITIVE_INFINITY }, 'INVALID_TRAFFIC', 'got Infinity'],
  [{ v1: 0, v2: 0 }, 'INVALID_TRAFFIC', 'weights must sum to 1, got 0'],
  [{ v1: 0.5, v2: 0.4 }, 'INVALID_TRAFFIC', 'weights must sum to 1, got 0.9 (v1 0.5, v2 0.4)'],
  [{ v1: 0.5, v2: 0.500002 }, 'INVALID_TRAFFIC', 'weights must sum to 1'],
  [{ resnt: 1 }, 'BACKEND_NOT_FOUND', "there is no backend 'resnt'; did you mean 'resnet'?"],
  [{ unheardOf: 1 }, 'BACKEND_NOT_FOUND', 'create it first with createBackend'],
  [{ v1: 1, nothing: 0 }, 'BACKEND_NOT_FOUND', "'nothing'"],
  [JSON.parse('{ "__proto__": 1 }'), 'BACKEND_NOT_FOUND', "'__proto__'"],
];

for (const [weights, code, message] of REFUSED) {
  test(`traffic is refused with ${code}: ${message.slice(0, 60)}`, () => {
    assert.throws(() => resolveTraffic(weights, KNOWN), failure(code, message));
  });
}

const ACCEPTED: [Record<string, number>, [string, number][]][] = [
  [{ v1: 1 }, [['v1', 1]]],
  [
    { v1: 0.1, v2: 0.2, resnet: 0.7 },
    [
      ['v1', 0.1],
      ['v2', 0.2],
      ['resnet', 0.7],
    ],
  ],
  [
    { v2: 0, v1: 1 },
    [
      ['v2', 0],
      ['v1', 1],
    ],
  ],
  [
    { v1: 0.5, v2: 0.5000009 },
    [
      ['v1', 0.5],
      ['v2', 0.5000009],
    ],
  ],
];

for (const [weights, expected] of ACCEPTED) {
  test(`${JSON.stringify(weights)} is a policy, frozen and in its order`, () => {
    const policy = resolveTraffic(weights, KNOWN);
    assert.equal(policy.weights, expected);
    assert.ok(Object.isFrozen(policy) && Object.isFrozen(policy.weights) && Object.isFrozen(policy.weights[0]));
  });
}

for (const proportion of [0, 0.25, 1]) {
  test(`a proportion of ${proportion} is taken`, () => {
    assert.is(requireProportion(proportion), proportion);
  });
}

const BAD_PROPORTIONS: [unknown, ServeErrorCode][] = [
  ['0.5', 'INVALID_ARGUMENT'],
  [undefined, 'INVALID_ARGUMENT'],
  [null, 'INVALID_ARGUMENT'],
  [-0.1, 'INVALID_TRAFFIC'],
  [1.1, 'INVALID_TRAFFIC'],
  [Number.NaN, 'INVALID_TRAFFIC'],
];

for (const [proportion, code] of BAD_PROPORTIONS) {
  test(`a proportion of ${String(proportion)} is refused with ${code}`, () => {
    assert.throws(() => requireProportion(proportion), failure(code, 'proportion must be'));
  });
}

const DRAWS: [Record<string, number>, number, string][] = [
  [{ v1: 0.9, v2: 0.1 }, 0, 'v1'],
  [{ v1: 0.9, v2: 0.1 }, 0.899, 'v1'],
  [{ v1: 0.9, v2: 0.1 }, 0.9, 'v2'],
  [{ v1: 0, v2: 1 }, 0, 'v2'],
  [{ v1: 1, v2: 0 }, 0.9999999, 'v1'],
  [{ v1: 0.9999995, v2: 0 }, 0.9999999, 'v1'],
  [{ v1: 0.3, v2: 0, resnet: 0.7 }, 0.3, 'resnet'],
  [{ v1: 1 }, 0.5, 'v1'],
];

for (const [weights, draw, chosen] of DRAWS) {
  test(`a draw of ${draw} from ${JSON.stringify(weights)} meets ${chosen}`, () => {
    assert.is(chooseBackend(resolveTraffic(weights, KNOWN), draw), chosen);
  });
}

test('no draw ever meets a backend of weight 0', () => {
  const parts = fc
    .array(fc.nat(9), { minLength: 1, maxLength: 8 })
    .filter((counts) => counts.some((count) => count > 0));
  const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(parts, draws, (counts, draw) => {
      const sum = counts.reduce((total, count) => total + count, 0);
      const weights = Object.fromEntries(counts.map((count, index) => [`b${index}`, count / sum]));
      const chosen = chooseBackend(resolveTraffic(weights, Object.keys(weights)), draw);
      assert.ok((weights[chosen] ?? 0) > 0);
    }),
  );
});

test('a policy nobody resolved, without a positive weight, is a bug and not an answer', () => {
  assert.throws(() => chooseBackend({ weights: [] }, 0.5), /without a positive weight/);
});

test.run();
