/** Variables of cells that are called as Node's globals are: nobody else sees them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

const evaluator = new Evaluator({ directory: import.meta.dirname, interrupts: newInterrupts() });
const test = suite('names that are globals');
let numCells = 0;

const run = async (code: string): Promise<unknown> =>
  (await evaluator.evaluate(code, { file: `cell-${++numCells}.ts` })).value;

const cases: readonly (readonly [cells: readonly string[], expected: unknown])[] = [
  [['const process = (x: number) => x + 1', 'process(1)'], 2],
  [['function performance() { return 1 }', 'performance()'], 1],
  [['class URL { a = 1 }', 'new URL().a'], 1],
  [["import { setTimeout } from 'node:timers/promises'", 'await setTimeout(1, "late")'], 'late'],
  [['let Buffer = 1', 'Buffer += 1', 'var Buffer = Buffer + 1', 'Buffer'], 3],
  [['const { fetch } = { fetch: 5 }', 'fetch', 'const seeFetch = () => fetch', 'let fetch = 6', 'seeFetch()'], 6],
  [['const structuredClone = await 7', 'if (await 1) { structuredClone }'], 7],
  [['const queueMicrotask = 8', 'queueMicrotask = 9'], /Assignment to constant variable 'queueMicrotask'/],
  [
    ['let Map = 1, Promise = 2, Error = 3, Object = 4, Symbol = 5', '[Map, Promise, Error, Object, Symbol]'],
    [1, 2, 3, 4, 5],
  ],
  [['let globalThis = 1', 'typeof globalThis'], 'number'],
  [["'use strict'; let Set = 1", 'Set'], 1],
  [['let crypto = null; crypto.x'], /Cannot read properties of null/],
];

for (const [cells, expected] of cases) {
  test(JSON.stringify(cells), async () => {
    for (const cell of cells.slice(0, -1)) await run(cell);
    const last = cells.at(-1) ?? '';
    if (!(expected instanceof RegExp)) assert.equal(await run(last), expected);
    else assert.match(String(await run(last).catch((error: unknown) => error)), expected);
  });
}

test('modules have the globals as they were', async () => {
  const names = ['process', 'URL', 'setTimeout', 'fetch', 'Map', 'Promise', 'globalThis'];
  const declared = new Set(evaluator.names().map(({ name }) => name));
  for (const name of names) assert.ok(declared.has(name), `${name} is declared`);
  const kinds = names.map((name) => `typeof ${name}`).join();
  const module: { readonly default: unknown } = await import(`data:text/javascript,export default [${kinds}]`);
  assert.equal(module.default, ['object', 'function', 'function', 'function', 'function', 'function', 'object']);
});

test.after(() => evaluator.dispose());

test.run();
