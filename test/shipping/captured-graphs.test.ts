/** Generated graphs of objects: what arrives is what left, with every shared reference, cycle, hole and prototype. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { revive } from '../../lib/shipping/revive.ts';
import { ship } from '../../lib/shipping/ship.ts';
import { difference, type Graph, makeGraph, recipe } from './graphs.ts';
import { withHosts } from './shape-table.ts';

const test = suite('captured graphs');
const { hosts } = withHosts(test);

const provided = { serve: {}, part: () => null };

test('a graph arrives as it left', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, async (steps) => {
      const graph = makeGraph(steps);
      const shipment = structuredClone(await ship(() => graph, { initArgs: [] }));
      const arrived = (await revive(shipment, provided)).target as unknown as () => Graph;
      assert.is(difference(graph, arrived()), null);
    }),
    { numRuns: 300 },
  );
});

test('a graph that functions share arrives once', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, async (steps) => {
      const graph = makeGraph(steps);
      const [first, second] = [() => graph, () => graph.slice()];
      const both = () => [first(), second()];
      const shipment = structuredClone(await ship(both, { initArgs: [] }));
      const arrived = (await revive(shipment, provided)).target as unknown as typeof both;
      const [one = [], two = []] = arrived();
      assert.is(difference(graph, one), null);
      assert.ok(one.every((item, index) => Object.is(item, two[index])));
    }),
    { numRuns: 60 },
  );
});

test('in a thread and in a process, too', async () => {
  const samples = fc.sample(recipe, { numRuns: 40, seed: 7 });
  const graphs = samples.map(makeGraph);
  // It is compared over there, with what is made from the same recipes there.
  const file = new URL('./graphs.js', import.meta.url).href;
  const compare = async () => {
    const own = await import(file);
    return samples.map((steps, index) => own.difference(own.makeGraph(steps), graphs[index]));
  };
  const shipment = await ship(compare, { initArgs: [] });
  for (const host of hosts()) {
    const { value, error } = await host.run({ shipment, args: [] });
    assert.is(error, undefined, `${host.name}: ${error?.stack}`);
    assert.equal(
      value,
      samples.map(() => null),
      host.name,
    );
  }
});

test('the comparison finds what differs', () => {
  const [shared, hole] = [{}, [1]];
  hole.length = 2;
  const pairs: readonly (readonly [Graph, Graph])[] = [
    [[1], [2]],
    [[0], [-0]],
    [
      [shared, shared],
      [{}, {}],
    ],
    [
      [{}, {}],
      [shared, shared],
    ],
    [[hole], [[1, undefined]]],
    [[{ a: 1 }], [Object.create(null, { a: { value: 1, enumerable: true, writable: true, configurable: true } })]],
    [[{ a: 1, b: 2 }], [{ b: 2, a: 1 }]],
    [[Object.freeze({})], [{}]],
    [[new Map([[1, 2]])], [new Map([[1, 3]])]],
    [[new Set([1, 2])], [new Set([2, 1])]],
    [[new Uint8Array([1])], [new Uint8Array([2])]],
    [[new Date(1)], [new Date(2)]],
    [[Symbol('a')], [Symbol('b')]],
    [[[1n]], [[1]]],
  ];
  for (const [left, right] of pairs) assert.is.not(difference(left, right), null);
});

test.run();
