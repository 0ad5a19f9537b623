/** Generated programs of nested scopes: functions made in them share exactly the variables that they share in place. */
import vm from 'node:vm';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { revive } from '../../lib/shipping/revive.ts';
import { ship } from '../../lib/shipping/ship.ts';

const test = suite('captured programs');

interface Scope {
  readonly kind: 'block' | 'call' | 'twice' | 'loop' | 'class';
  /** Variables that it declares, which may hide others. */
  readonly names: readonly string[];
  /** Functions made in it: which variable each assigns to, and which it reads. */
  readonly makes: readonly (readonly [assigned: string, read: string])[];
  readonly inner: readonly Scope[];
}

const name = fc.constantFrom('a', 'b', 'c');

const scopes = (depth: number): fc.Arbitrary<Scope> =>
  fc.record({
    kind: fc.constantFrom('block', 'call', 'twice', 'loop', 'class'),
    names: fc.uniqueArray(name, { maxLength: 2 }),
    makes: fc.array(fc.tuple(name, name), { maxLength: 2 }),
    inner: depth === 0 ? fc.constant([]) : fc.array(scopes(depth - 1), { maxLength: 2 }),
  });

/** Each function adds to one variable and tells two. */
function sourceOf({ kind, names, makes, inner }: Scope): string {
  const declared = names.length === 0 ? '' : `let ${names.map((one, index) => `${one} = ${index * 10}`).join(', ')};`;
  const made = makes.map(([assigned, read]) => `made.push(() => (${assigned} += 1, [${assigned}, ${read}]));`);
  const body = [declared, ...made, ...inner.map(sourceOf)].join('\n');
  switch (kind) {
    case 'block':
      return `{ ${body} }`;
    case 'call':
      return `(function named() { ${body} })();`;
    case 'twice':
      return `{ const twice = () => { ${body} }; twice(); twice(); }`;
    case 'loop':
      return `for (let turn = 0; turn < 2; turn++) { ${body} }`;
    case 'class':
      return `new (class { constructor() { ${body} } })();`;
  }
}

const program = fc.record({
  outermost: fc.array(scopes(2), { minLength: 1, maxLength: 3 }),
  calls: fc.array(fc.nat(20), { minLength: 3, maxLength: 12 }),
});

test('functions share in a replica what they share here', async () => {
  await fc.assert(
    fc.asyncProperty(program, async ({ outermost, calls }) => {
      const code = `(() => { const made = []; let a = 0, b = 100, c = 200; ${outermost.map(sourceOf).join('\n')}
        return () => ${JSON.stringify(calls)}.map((at) => made[at % made.length]?.()) })()`;
      const target = vm.runInThisContext(code, { filename: 'REPL1' });
      const shipment = structuredClone(await ship(target, { initArgs: [] }));
      const arrived = (await revive(shipment, { serve: {}, part: () => null })).target as unknown as () => unknown;
      assert.equal(arrived(), target());
      assert.equal(arrived(), target(), 'a second time');
    }),
    { numRuns: Number(process.env.SERVELAB_PROGRAMS ?? 15) },
  );
});

test.run();
