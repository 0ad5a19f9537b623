import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseByShardKey } from '../../lib/domain/shard-key.ts';
import type { TrafficPolicy } from '../../lib/domain/traffic-policy.ts';

const test = suite('shard key');

const NUM_KEYS = 100_000;
const KEYS = Array.from({ length: NUM_KEYS }, (_, n) => `user-${n}`);

const policyOf = (weights: Record<string, number>): TrafficPolicy => ({ weights: Object.entries(weights) });

/** Three standard deviations of a count of `NUM_KEYS` draws, each with this chance. */
const noise = (chance: number): number => 3 * Math.sqrt(NUM_KEYS * chance * (1 - chance));

function movedKeys(before: Record<string, number>, after: Record<string, number>): number {
  const [from, to] = [policyOf(before), policyOf(after)];
  return KEYS.filter((key) => chooseByShardKey(from, key) !== chooseByShardKey(to, key)).length;
}

const SHARES: Record<string, number>[] = [
  { v1: 0.5, v2: 0.5 },
  { v1: 0.9, v2: 0.1 },
  { v1: 0.999, v2: 0.001 },
  { a: 0.2, b: 0.3, c: 0.5 },
  { resnet: 0.25, 'resnet:2': 0.25, 'resnet:20': 0.25, r: 0.25 },
];

for (const weights of SHARES) {
  test(`the shares of keys are ${JSON.stringify(weights)} within three sigma`, () => {
    const policy = policyOf(weights);
    const counts = new Map<string, number>();
    for (const key of KEYS) {
      const tag = chooseByShardKey(policy, key);
      counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    for (const [tag, weight] of Object.entries(weights)) {
      const apart = Math.abs((counts.get(tag) ?? 0) - weight * NUM_KEYS);
      assert.ok(apart <= noise(weight), `${tag} is ${apart} keys off, of ${noise(weight)}`);
    }
  });
}

const FIXED: [string, string][] = [
  ['', 'a'],
  ['ada', 'd'],
  ['用户', 'c'],
  ['\ud800', 'd'],
  ['user-1', 'a'],
  ['k'.repeat(8192), 'c'],
];

for (const [key, tag] of FIXED) {
  test(`in every process and version '${key.slice(0, 10)}' meets ${tag}`, () => {
    assert.is(chooseByShardKey(policyOf({ a: 0.25, b: 0.25, c: 0.25, d: 0.25 }), key), tag);
  });
}

for (const change of [0.001, 0.01, 0.1, 0.4]) {
  test(`with two backends a change of ${change} in weight moves that share of keys and no more`, () => {
    const moved = movedKeys({ v1: 0.5, v2: 0.5 }, { v1: 0.5 + change, v2: 0.5 - change });
    assert.ok(Math.abs(moved - change * NUM_KEYS) <= noise(change), `${moved} moved`);
  });
}

test('with two backends keys move only towards the one that gains', () => {
  const [before, after] = [policyOf({ v1: 0.5, v2: 0.5 }), policyOf({ v1: 0.6, v2: 0.4 })];
  for (const key of KEYS) {
    if (chooseByShardKey(before, key) === 'v1') assert.is(chooseByShardKey(after, key), 'v1');
  }
});

const THREE: [Record<string, number>, Record<string, number>][] = [
  [
    { a: 0.4, b: 0.3, c: 0.3 },
    { a: 0.3, b: 0.4, c: 0.3 },
  ],
  [
    { a: 0.4, b: 0.3, c: 0.3 },
    { a: 0.2, b: 0.4, c: 0.4 },
  ],
  [
    { a: 0.8, b: 0.1, c: 0.1 },
    { a: 0.1, b: 0.1, c: 0.8 },
  ],
];

for (const [before, after] of THREE) {
  test(`from ${JSON.stringify(before)} to ${JSON.stringify(after)} moves at most 2d / (1 + d) of the keys`, () => {
    const distance =
      Object.keys(before).reduce((sum, tag) => sum + Math.abs((before[tag] ?? 0) - (after[tag] ?? 0)), 0) / 2;
    const bound = (2 * distance) / (1 + distance);
    const moved = movedKeys(before, after);
    assert.ok(moved <= bound * NUM_KEYS + noise(bound), `${moved} moved of ${bound * NUM_KEYS}`);
    assert.ok(moved >= distance * NUM_KEYS - noise(distance), 'fewer moved than had to');
  });
}

test('a backend that leaves moves its own keys only', () => {
  const [before, after] = [policyOf({ a: 0.2, b: 0.3, c: 0.5 }), policyOf({ a: 0.4, b: 0.6, c: 0 })];
  for (const key of KEYS) {
    const tag = chooseByShardKey(before, key);
    if (tag !== 'c') assert.is(chooseByShardKey(after, key), tag);
  }
});

test('keys that differ in one bit, or share a long beginning, are spread all the same', () => {
  const policy = policyOf({ a: 0.5, b: 0.5 });
  for (const prefix of ['', '\0'.repeat(100), 'k'.repeat(1_000)]) {
    const numKeys = 10_000;
    const keys = Array.from({ length: numKeys }, (_, n) => prefix + String.fromCharCode(n));
    const numA = keys.filter((key) => chooseByShardKey(policy, key) === 'a').length;
    assert.ok(Math.abs(numA - numKeys / 2) <= 3 * Math.sqrt(numKeys / 4), `${numA} of ${numKeys}`);
  }
});

test('the order of the weights changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const one = chooseByShardKey(policyOf({ a: 0.2, b: 0.3, c: 0.5 }), key);
      assert.is(chooseByShardKey(policyOf({ c: 0.5, a: 0.2, b: 0.3 }), key), one);
    }),
  );
});

test('a backend of weight 0 is never chosen, and a single one always is', () => {
  for (const key of KEYS.slice(0, 1_000)) {
    assert.is(chooseByShardKey(policyOf({ a: 0, b: 1, c: 0 }), key), 'b');
    assert.is(chooseByShardKey(policyOf({ a: 1 }), key), 'a');
  }
});

test('a policy nobody resolved, without a positive weight, is a bug and not an answer', () => {
  assert.throws(() => chooseByShardKey({ weights: [] }, 'key'), /without a positive weight/);
});

test.run();
