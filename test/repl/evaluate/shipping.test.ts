/** What is defined in cells, as a backend. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeDigestOf } from '../../../lib/shipping/code-digest.ts';
import { ship } from '../../../lib/shipping/ship.ts';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

const directory = mkdtempSync(join(tmpdir(), 'servelab-shipped-'));
const files = {
  'package.json': '{ "type": "module" }',
  'words.ts': `export const words = new Map<string, number>([['good', 1]]);
export class Counter { #n = 0; next(): number { return ++this.#n } }
export const counter = new Counter();
export const where = () => import.meta.dirname;`,
  'node_modules/picker/package.json': '{ "version": "1.0.0", "type": "module", "exports": { "import": "./index.js" } }',
  'node_modules/picker/index.js': `import { inner } from './inner.js'; export const pick = inner;
export const state = Object.freeze({ get now() { return 'live' } });`,
  'node_modules/picker/inner.js': 'const secret = 5; export const inner = () => secret;',
};
for (const [file, text] of Object.entries(files)) {
  mkdirSync(join(directory, file, '..'), { recursive: true });
  writeFileSync(join(directory, file), text);
}

const evaluator = new Evaluator({ directory, interrupts: newInterrupts() });
const client = await serve.start({ http: null, name: `evaluate-${process.pid}` });
Object.assign(globalThis, { client });
let numCells = 0;
const test = suite('shipping from cells');

const run = async (code: string): Promise<unknown> =>
  (await evaluator.evaluate(code, { file: `cell-${++numCells}.ts` })).value;

test.after(async () => {
  await client.shutdown();
  await evaluator.dispose();
  rmSync(directory, { recursive: true });
});

/** Cells before, a target, what it is called with, and its answer. */
type Case = readonly [cells: readonly string[], target: string, argument: unknown, answer: unknown];

const cases: Readonly<Record<string, Case>> = {
  'a function': [['function s1({ data: x }: { data: number }): number { return x * 2 }'], 's1', 2, 4],
  'an arrow function': [['const s2 = ({ data: x }: { data: number }) => x + 1'], 's2', 2, 3],
  'an async function': [['async function s3({ data: x }) { await null; return x }'], 's3', 2, 2],
  'a function of a cell that waits': [
    ['await null\nconst s4 = async ({ data: x }) => { await null; return x + 4 }'],
    's4',
    1,
    5,
  ],
  'variables of other cells': [
    [
      'let k5 = 5',
      'const t5: Map<string, number> = new Map([["a", 1]])',
      'function s5({ data: x }) { return x + k5 + t5.get("a") }',
    ],
    's5',
    1,
    7,
  ],
  'functions of other cells': [
    ['function h6(x) { return x === 0 ? "end" : s6({ data: x - 1 }) }', 'function s6({ data: x }) { return h6(x) }'],
    's6',
    3,
    'end',
  ],
  'what is awaited': [['const k7 = await Promise.resolve(7)', 'const s7 = () => k7'], 's7', 1, 7],
  'a class with private members': [
    [
      'class S8 { static #made = 0; #n: number; constructor() { this.#n = ++S8.#made } call({ data: x }): number { return this.#add(x) } #add(x: number) { return x + this.#n } }',
    ],
    'S8',
    2,
    3,
  ],
  'a class of another': [
    [
      'class B9 { base = 9 }',
      'class S9 extends B9 { call({ data: x }) { return super.toString === undefined ? 0 : x + this.base } }',
    ],
    'S9',
    1,
    10,
  ],
  'imports of a package': [
    ["import { pick, state } from 'picker'", 'const s10 = () => [pick(), state.now]'],
    's10',
    0,
    [5, 'live'],
  ],
  'imports of a file': [
    ["import { words, where } from './words.ts'", 'const s11 = ({ data: w }) => [words.get(w), where()]'],
    's11',
    'good',
    [1, directory],
  ],
  'an import with private state': [
    ["import { counter } from './words.ts'", 'const s12 = () => counter.next()'],
    's12',
    0,
    1,
  ],
  'a namespace': [
    ["import * as all13 from './words.ts'", 'const s13 = ({ data: w }) => all13.words.get(w)'],
    's13',
    'good',
    1,
  ],
  'imports of Node': [
    [
      "import { basename } from 'node:path'; import * as os from 'node:os'",
      'const s14 = ({ data: x }) => basename(x) + typeof os.cpus()',
    ],
    's14',
    '/a/b',
    'bobject',
  ],
  'the toolkit': [
    [
      "import * as kit from 'servelab'; import { ServeError } from 'servelab'",
      'const s15 = () => [typeof kit.getCurrentReplicaTag(), typeof ServeError]',
    ],
    's15',
    0,
    ['string', 'function'],
  ],
  'a loop that has a guard': [
    ['function s16({ data: n }) {\n  let i = 0\n  while (true) {\n    if (++i === n) return i\n  }\n}'],
    's16',
    5,
    5,
  ],
  'loops in one line': [
    [
      'const s17 = ({ data: n }) => { let i = 0; while (i < n) i++; do i++; while (i < n); for (;;) { if (i++ > n) return i } }',
    ],
    's17',
    5,
    7,
  ],
  'a class whose methods have guards': [
    [
      'class S18 { #go(n) { while (n > 10) n--; return n } constructor() { this.x = this.#go(11) } call({ data: n }) { while (true) { if (n > 3) return n + this.x; n++ } } }',
    ],
    'S18',
    0,
    14,
  ],
  'shared variables': [
    ['let n19 = 0; const up19 = () => { while (n19 < 3) n19++ }', 'function s19() { up19(); return n19 }'],
    's19',
    0,
    3,
  ],
  'a closure of a factory': [
    ['function make20(k) { return ({ data: x }) => { for (;;) { return x * k } } }', 'const s20 = make20(3)'],
    's20',
    2,
    6,
  ],
  'variables named as globals are': [
    [
      "import { setTimeout } from 'node:timers/promises'",
      'const process = ({ data: x }) => x + URL, URL = 22',
      'async function s22(q) { await setTimeout(1); return process(q) }',
    ],
    's22',
    1,
    23,
  ],
  'a function named as a global is': [['function fetch({ data: x }) { return x + 23 }'], 'fetch', 0, 23],
  'import.meta': [['const dir21 = import.meta.dirname; const s21 = () => dir21'], 's21', 0, directory],
};

let numBackends = 0;

async function callBackend(target: string, argument: unknown): Promise<unknown> {
  const tag = `b${++numBackends}`;
  await run(
    `await client.createBackend('${tag}', ${target}); await client.createEndpoint('${tag}', { backend: '${tag}' })`,
  );
  try {
    return await (await client.getHandle(tag)).remote(argument);
  } finally {
    await client.deleteEndpoint(tag);
    await client.deleteBackend(tag);
  }
}

for (const [title, [cells, target, argument, answer]] of Object.entries(cases)) {
  test(`${title}`, async () => {
    for (const cell of cells) await run(cell);
    assert.equal(await callBackend(target, argument), answer);
  });
}

test('what is defined again is what ships next, and what uses it, too', async () => {
  await run('function factor() { return 2 }');
  await run('class Again { call({ data: x }) { return x * factor() } }');
  await run("await client.createBackend('again', Again); await client.createEndpoint('again', { backend: 'again' })");
  const handle = await client.getHandle('again');
  assert.is(await handle.remote(1), 2);
  await run('const factor = () => 3');
  await run("await client.updateBackend('again', Again)");
  assert.is(await handle.remote(1), 3);
  await run('class Again { call({ data: x }) { return -x * factor() } }');
  await run("await client.updateBackend('again', Again)");
  assert.is(await handle.remote(1), -3);
});

test('no guard is in a source that is shipped, and its errors say where it was typed', async () => {
  const file = `cell-${numCells + 1}.ts`;
  await run(
    '\nfunction fails({ data: o }) { let i = 0; while (i++ < 1) { o.missing.x } }\nclass Source { m() { while (true) { return 1 } } call() { return String(this.m) + fails + Source } }',
  );
  assert.not.match(String(await callBackend('Source', 0)), /__guard|__cell/);
  const error = await callBackend('fails', {}).catch((thrown: Error) => thrown);
  assert.match(((error as Error).cause as Error).stack ?? '', new RegExp(`at fails \\(${file}:2:70\\)`));
});

test('the digest of code is that of the same code without guards', async () => {
  const source = 'class Digested { call(n) {\n while (n < 3) n++; for (;;) { return n } do {\n n++ } while (n) } }';
  const file = `cell-${numCells + 1}.ts`;
  const guarded = await run(`${source}; Digested`);
  const plain: unknown = runInThisContext(`(${source})`, { filename: file, columnOffset: -1 });
  assert.match(String(guarded), /while \(__guard\(\),n < 3\)[\s\S]*for \(;__guard\(\)\|\|1;\)[\s\S]*do \{__guard\(\);/);
  const digests = [guarded, plain].map(async (target) => codeDigestOf(await ship(target, { initArgs: [] }), null));
  assert.is(await digests[0], await digests[1]);
});

test.run();
