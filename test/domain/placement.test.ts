import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { place, type Room, type Share } from '../../lib/domain/placement.ts';
import { type Needs, needsOf, toUnits, UNITS_PER_ONE } from '../../lib/domain/resources.ts';

const test = suite('place');

const needing = (given: Partial<Parameters<typeof needsOf>[0]>): Needs =>
  needsOf({ numCpus: 0, numGpus: 0, custom: {}, placement: 'pack', ...given });

const roomOf = (free: readonly number[], more: Partial<Room> = {}): Room => ({
  cpus: null,
  gpus: free.map((amount, at) => ({ key: `${at}`, free: toUnits(amount) })),
  custom: new Map(),
  ...more,
});

/** The GPUs of each replica: `0` or `0,1`. */
const gpusOf = (placed: readonly (readonly Share[])[] | null): readonly string[] | null =>
  placed?.map((shares) => shares.map(({ gpu }) => gpu).join()) ?? null;

for (const [title, numGpus, count, free, packed, spread] of [
  ['two halves share one GPU', 0.5, 2, [1, 1], ['0', '0'], ['0', '1']],
  ['a third half opens another', 0.5, 3, [1, 1], ['0', '0', '1'], ['0', '1', '0']],
  ['what is in use goes first', 0.5, 1, [1, 0.5, 1], ['1'], ['0']],
  ['the first of those in use', 0.2, 1, [1, 0.5, 0.2], ['1'], ['0']],
  ['one in use without room is passed over', 0.5, 1, [0.4, 1, 0.7], ['2'], ['1']],
  ['of equally free ones the first', 0.3, 2, [0.6, 0.6], ['0', '0'], ['0', '1']],
  ['a fraction never spans two', 0.6, 1, [0.5, 0.5], null, null],
  ['three thirds share one', 1 / 3, 3, [1], ['0', '0', '0'], ['0', '0', '0']],
  ['a whole one takes one that nobody uses', 1, 1, [0.9, 1], ['1'], ['1']],
  ['two whole ones are wholly free', 2, 1, [1, 0.9, 1], ['0,2'], ['0,2']],
  ['of two that need two only one fits', 2, 2, [1, 1, 1], null, null],
  ['all or none', 1, 3, [1, 1], null, null],
  ['none at all', 0.1, 1, [], null, null],
  ['without a need of GPUs', 0, 2, [], ['', ''], ['', '']],
  ['no replica needs nothing', 1, 0, [], [], []],
] as const) {
  test(`${title}: ${JSON.stringify(packed)} packed, ${JSON.stringify(spread)} spread`, () => {
    assert.equal(gpusOf(place(needing({ numGpus }), count, roomOf(free))), packed);
    assert.equal(gpusOf(place(needing({ numGpus, placement: 'spread' }), count, roomOf(free))), spread);
  });
}

test('CPUs refuse only where there is a limit', () => {
  const needs = needing({ numCpus: 0.75 });
  assert.ok(place(needs, 1000, roomOf([])));
  assert.ok(place(needs, 2, roomOf([], { cpus: toUnits(1.5) })));
  assert.is(place(needs, 2, roomOf([], { cpus: toUnits(1.4999) })), null);
});

test('custom resources refuse, also those that nobody knows', () => {
  const needs = needing({ custom: { tpu: 1 } });
  const room = roomOf([], { custom: new Map([['tpu', toUnits(2)]]) });
  assert.ok(place(needs, 2, room));
  assert.is(place(needs, 3, room), null);
  assert.is(place(needing({ custom: { tpu: 1, other: 1 } }), 1, room), null);
});

const amounts = fc.oneof(fc.integer({ min: 1, max: UNITS_PER_ONE }), fc.constantFrom(...[1, 2, 3].map(toUnits)));
const rooms = fc.array(fc.oneof(fc.constant(UNITS_PER_ONE), fc.nat(UNITS_PER_ONE)), { maxLength: 6 });
const toRoom = (free: readonly number[]): Room => ({
  cpus: null,
  gpus: free.map((units, at) => ({ key: `${at}`, free: units })),
  custom: new Map(),
});

test('never gives more than is free, one share of a GPU or whole ones, and the same for the same', () => {
  fc.assert(
    fc.property(amounts, rooms, fc.nat(12), fc.constantFrom('pack', 'spread'), (gpus, free, count, placement) => {
      const needs: Needs = { cpus: 0, gpus, custom: new Map(), placement };
      const placed = place(needs, count, toRoom(free));
      assert.equal(place(needs, count, toRoom(free)), placed);
      if (!placed) return;
      assert.is(placed.length, count);
      const left = [...free];
      for (const shares of placed) {
        assert.is(
          shares.reduce((sum, { units }) => sum + units, 0),
          gpus,
        );
        assert.is(new Set(shares.map(({ gpu }) => gpu)).size, shares.length, 'different GPUs');
        assert.is(shares.length, Math.max(1, gpus / UNITS_PER_ONE), 'a fraction is on one');
        for (const { gpu, units } of shares) left[Number(gpu)] = (left[Number(gpu)] ?? 0) - units;
      }
      assert.ok(
        left.every((units) => units >= 0),
        `left: ${left}`,
      );
    }),
  );
});

test('places them whenever it can be done', () => {
  fc.assert(
    fc.property(amounts, rooms, fc.nat(12), fc.constantFrom('pack', 'spread'), (gpus, free, count, placement) => {
      const most =
        gpus >= UNITS_PER_ONE
          ? Math.floor(free.filter((units) => units === UNITS_PER_ONE).length / (gpus / UNITS_PER_ONE))
          : free.reduce((sum, units) => sum + Math.floor(units / gpus), 0);
      const placed = place({ cpus: 0, gpus, custom: new Map(), placement }, count, toRoom(free));
      assert.is(placed !== null, count <= most);
    }),
  );
});

test('packs equal fractions on as few GPUs as there can be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: UNITS_PER_ONE - 1 }), rooms, fc.nat(12), (gpus, free, count) => {
      const needs: Needs = { cpus: 0, gpus, custom: new Map(), placement: 'pack' };
      const placed = place(needs, count, toRoom(free));
      if (!placed) return;
      const opened = new Set(
        placed.flatMap((shares) => shares.flatMap(({ gpu }) => (free[Number(gpu)] === UNITS_PER_ONE ? [gpu] : []))),
      );
      const inUse = free.filter((units) => units < UNITS_PER_ONE);
      const rest = Math.max(0, count - inUse.reduce((sum, units) => sum + Math.floor(units / gpus), 0));
      assert.is(opened.size, Math.ceil(rest / Math.floor(UNITS_PER_ONE / gpus)));
    }),
  );
});

test.run();
