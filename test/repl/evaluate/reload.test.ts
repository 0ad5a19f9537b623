/** Modules that change while a session uses them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

const directory = mkdtempSync(join(tmpdir(), 'servelab-reload-'));
const test = suite('reload');
let evaluator: Evaluator;
let numFiles = 0;

const run = async (code: string): Promise<unknown> => (await evaluator.evaluate(code, { file: 'cell.ts' })).value;
const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const urlOf = (name: string): string => pathToFileURL(join(directory, name)).href;

test.before(() => {
  write('package.json', '{ "type": "module" }');
  evaluator = new Evaluator({ directory, interrupts: newInterrupts() });
});

test.after(async () => {
  await evaluator.dispose();
  rmSync(directory, { recursive: true });
});

const fresh = (): string => `m${++numFiles}`;

test('a changed module gives its names new values', async () => {
  const m = fresh();
  write(`${m}.ts`, 'export const a = 1; export default () => a;');
  await run(
    `import f, { a, a as b } from './${m}.ts'; import * as all from './${m}.ts'; const use = () => f() + a + b + all.a`,
  );
  assert.is(await run('use()'), 4);
  write(`${m}.ts`, 'export const a = 2; export default () => a;');
  const url = urlOf(`${m}.ts`);
  assert.equal(await evaluator.reload([url]), { urls: [url], names: ['f', 'a', 'b', 'all'], problems: [] });
  assert.is(await run('use()'), 8);
  assert.is(await run(`(await import('./${m}.ts')).a`), 2);
  assert.is(await run(`import { a as later } from './${m}.ts'; later`), 2);
});

test('so does one that it imports, through those between', async () => {
  const [m, inner, other] = [fresh(), fresh(), fresh()];
  write(`${inner}.ts`, 'export const deep: number = 1;');
  write(`${m}.ts`, `import { deep } from './${inner}.ts'; export const twice = () => deep * 2;`);
  write(`${other}.ts`, 'globalThis.loads = (globalThis.loads ?? 0) + 1; export const other = 1;');
  await run(`import { twice } from './${m}.ts'; import { other } from './${other}.ts'`);
  write(`${inner}.ts`, 'export const deep: number = 5;');
  const { urls, names } = await evaluator.reload([urlOf(`${inner}.ts`)]);
  assert.equal([...urls].sort(), [urlOf(`${m}.ts`), urlOf(`${inner}.ts`)].sort());
  assert.equal(names, ['twice']);
  assert.is(await run('twice()'), 10);
  assert.is(await run('loads'), 1, 'what did not change is not imported again');
});

test('a module that cannot be imported leaves everything as it was, and a later change mends it', async () => {
  const m = fresh();
  write(`${m}.ts`, 'export const v = 1;');
  await run(`import { v } from './${m}.ts'`);
  for (const broken of ['export const v = ;', 'export const v = 2; throw new Error("at load")']) {
    write(`${m}.ts`, broken);
    const { urls, names, problems } = await evaluator.reload([urlOf(`${m}.ts`)]);
    assert.equal([urls, names, problems.length], [[], [], 1]);
    assert.match(problems[0] ?? '', /SyntaxError|at load/);
    assert.is(await run('v'), 1);
    assert.is(await run(`(await import('./${m}.ts')).v`), 1);
  }
  write(`${m}.ts`, 'export const v = 3;');
  assert.equal((await evaluator.reload([urlOf(`${m}.ts`)])).names, ['v']);
  assert.is(await run('v'), 3);
});

test('instances made before have changed methods and new ones', async () => {
  const m = fresh();
  write(`${m}.ts`, 'export class P { x = 1; get() { return this.x } }');
  await run(`import { P } from './${m}.ts'; const p = new P()`);
  write(
    `${m}.ts`,
    'export class P { x = 1; get() { return -this.x } plus(n: number) { return this.x + n } get y() { return 7 } }',
  );
  assert.equal((await evaluator.reload([urlOf(`${m}.ts`)])).problems, []);
  assert.equal(await run('[p.get(), p.plus(2), p.y, new P().get()]'), [-1, 3, 7, -1]);
});

test('methods that use private members stay, and that is said', async () => {
  const m = fresh();
  write(`${m}.ts`, 'export class Q { #x = 1; get() { return this.#x } free() { return 1 } }');
  await run(`import { Q } from './${m}.ts'; const q = new Q()`);
  write(`${m}.ts`, 'export class Q { #x = 2; get() { return this.#x } free() { return "#2" } }');
  const { problems } = await evaluator.reload([urlOf(`${m}.ts`)]);
  assert.equal(problems, ['instances of Q made before keep their get: private members (#) are of one class alone']);
  assert.equal(await run('[q.get(), q.free(), new Q().get()]'), [1, '#2', 2]);
});

test('a name whose export is gone keeps its value, and that is said', async () => {
  const m = fresh();
  write(`${m}.ts`, 'export const g = 1, h = 1;');
  await run(`import { g, h } from './${m}.ts'`);
  write(`${m}.ts`, 'export const h = 2;');
  const { names, problems } = await evaluator.reload([urlOf(`${m}.ts`)]);
  assert.equal([names, problems], [['h'], [`g keeps its value: './${m}.ts' has no export 'g' any more`]]);
  assert.equal(await run('[g, h]'), [1, 2]);
});

test('CommonJS is loaded again, too', async () => {
  const m = fresh();
  write(`${m}.cjs`, 'exports.c = 1;');
  await run(`import { c } from './${m}.cjs'`);
  write(`${m}.cjs`, 'exports.c = 2;');
  await evaluator.reload([urlOf(`${m}.cjs`)]);
  assert.is(await run('c'), 2);
});

test('what no cell imports, or has declared otherwise since, is left alone', async () => {
  const m = fresh();
  write(`${m}.ts`, 'export const o = 1;');
  assert.equal(await evaluator.reload([urlOf(`${m}.ts`), urlOf('none.ts')]), { urls: [], names: [], problems: [] });
  await run(`import { o } from './${m}.ts'`);
  await run('let o = 5');
  write(`${m}.ts`, 'export const o = 2;');
  assert.equal((await evaluator.reload([urlOf(`${m}.ts`)])).names, []);
  assert.is(await run('o'), 5);
});

test.run();
