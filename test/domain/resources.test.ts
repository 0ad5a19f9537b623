import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LARGEST_AMOUNT, needsOf, toAmount, toUnits, UNITS_PER_ONE } from '../../lib/domain/resources.ts';

const test = suite('resources');

for (const [amount, units] of [
  [0, 0],
  [1, 10_000],
  [0.5, 5000],
  [0.29, 2900], // 0.29 * 10 000 is a little less than 2900
  [0.0003, 3],
  [1 / 3, 3333],
  [2 / 3, 6666],
  [0.00009, 0],
  [8, 80_000],
  [LARGEST_AMOUNT, 1e15],
] as const) {
  test(`${amount} is ${units} units`, () => assert.is(toUnits(amount), units));
}

test('n replicas of one nth each fit on one, and fill it but for the rounding', () => {
  for (let n = 1; n <= 1000; n++) {
    assert.ok(n * toUnits(1 / n) <= UNITS_PER_ONE, `${n} of them`);
    assert.ok((n + 1) * toUnits(1 / n) + n >= UNITS_PER_ONE, `${n + 1} of them`);
  }
});

test('what has up to four places is counted as it is written, and sums do not drift', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 50 }), (tenThousandths) => {
      const sum = tenThousandths.reduce((total, one) => total + toUnits(Number((one / 10_000).toFixed(4))), 0);
      assert.is(
        sum,
        tenThousandths.reduce((total, one) => total + one, 0),
      );
      assert.is(toUnits(toAmount(sum)), sum);
    }),
  );
});

test('needs are in units, and a custom resource of which nothing is needed is none', () => {
  const needs = needsOf({ numCpus: 0.5, numGpus: 2, custom: { tpu: 1.5, license: 0 }, placement: 'spread' });
  assert.equal(needs, { cpus: 5000, gpus: 20_000, custom: new Map([['tpu', 15_000]]), placement: 'spread' });
});

test.run();
