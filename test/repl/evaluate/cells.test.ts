/** What cells give or throw, one after another in one session. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

const directory = mkdtempSync(join(tmpdir(), 'servelab-cells-'));
writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
writeFileSync(join(directory, 'lib.ts'), 'export const two: number = 2;\nexport default class Lib { v = two }\n');
writeFileSync(join(directory, 'data.json'), '{ "rows": 3 }');
writeFileSync(join(directory, 'waits.ts'), 'export const late = await new Promise((r) => setImmediate(r, 5));\n');

const evaluator = new Evaluator({ directory, interrupts: newInterrupts() });
const test = suite('cells');
let numCells = 0;

const evaluate = (code: string) => evaluator.evaluate(code, { file: `cell-${++numCells}.ts` });
const run = async (code: string): Promise<unknown> => (await evaluate(code)).value;

/** The last cell's value, or what its error's stack says. */
type Case = readonly [cells: string | readonly string[], expected: unknown];

const tables: Readonly<Record<string, readonly Case[]>> = {
  'completion values': [
    ['1 + 1', 2],
    ['', undefined],
    ['// nothing', undefined],
    ['1;', 1],
    ['1; 2', 2],
    ['7;;', 7],
    ["'text'", 'text'],
    ['{ a: 1 }', { a: 1 }],
    ['{ a: 1, b: [2] } // why', { a: 1, b: [2] }],
    ['{ a: 1 as number }', { a: 1 }],
    ['{ a: await 1 }', { a: 1 }],
    ['{ a: 1 };', 1],
    ['{}', {}],
    ['{ const q = 3; q * 2 }', 6],
    ['[1, 2].map((x) => x * 2)', [2, 4]],
    ['if (true) { 7 }', 7],
    ['if (false) { 7 }', undefined],
    ['for (const x of [1, 2]) x * 10', 20],
    ['try { throw 1 } catch { 8 }', 8],
    ['switch (2) { case 2: 9; break; default: 1 }', 9],
    ['let a1 = 5', undefined],
    ['1; let a2 = 5', undefined],
    ['function f1() {}', undefined],
    ['1; class C1 {}', undefined],
    ['await 3', 3],
    ['await 1, await 2', 2],
    ['if (await true) { 7 }', 7],
    ['if (await true)\n  7\nelse\n  8', 7],
    ['if (await false) { 7 } else { 1, 8 }', 8],
    ['for (const x of [1, 2]) { await 0; x * 10 }', 20],
    ['for (const x of [1, 2]) await x', 2],
    ['for await (const x of [1, 2]) x + 1', 3],
    ['try { await Promise.reject(new Error("no")) } catch (e) { e.message }', 'no'],
    ['{ await 1\n  foo1: 2\n  3 }', 3],
    ['switch (await 2) { case 2: 9; break }', 9],
    ['lab: { await 1; break lab }', 1],
    ['x1: while (true) { await 1; break x1 }', 1],
    ['await 1; 2', 2],
    ['await 1\n;[3][0]', 3],
    ['(await 1) + (await 2)', 3],
    [`\`\${await 1}-\${2}\``, '1-2'],
    ['await (async () => 4)()', 4],
    ['void 0', undefined],
    ['await Promise.resolve()', undefined],
    ['function () {}', /cell-\d+\.ts:1:10\nfunction \(\) \{\}\n {9}\^/],
  ],
  'a value that is a promise': [
    ['Promise.resolve(5) instanceof Promise', true],
    ['new Promise(() => {})', 'a promise'],
    ['({ then() {} })', 'a promise'],
  ],
  typescript: [
    ['const t1: number = 1; t1', 1],
    ['let t2!: string; t2', undefined],
    ['interface T3 { a: number }', undefined],
    ['type T4 = { a: number }\nconst t4: T4 = { a: 1 }; t4.a', 1],
    ['function t5<T>(x: T): T { return x }; t5<number>(5)', 5],
    [`const t6 = (x: number, y?: string): string => \`\${x}\${y}\`; t6(1)`, '1undefined'],
    ['class T7<T> { #v: T; constructor(v: T) { this.#v = v } get v(): T { return this.#v } }; new T7<number>(7).v', 7],
    [
      'abstract class T8 { abstract m(): void; n(): number { return 8 } }; class T8b extends T8 { m() {} }; new T8b().n()',
      8,
    ],
    ['const t9 = { a: 1 } as const satisfies object; t9.a!', 1],
    ['declare const t10: number', undefined],
    ['import type { A } from "./none.ts"; 11', 11],
    ["import { type Nothing, two as t12 } from './lib.ts'; t12", 2],
    ['const t13 = await Promise.resolve<number>(13); t13', 13],
    ['function t14(this: string): string { return this }; String(t14.call("x"))', 'x'],
    ['const t15: "é😀" = "é😀"; const t15b = t15 + "!"; t15b', 'é😀!'],
    ['function t16(a: string): void\nfunction t16(a: any) { return 16 }\nt16("")', 16],
    ['let t17 = [1, 2] as [number, number]\nconst [t17a, t17b]: [number, number] = t17\nt17b', 2],
    ['export type T18 = 1; export const t18: T18 = 1; t18', 1],
    ['enum Color { Red }', /enum is not supported here; write `const Color/],
    ['const enum Color2 { Red }', /enum is not supported/],
    ['namespace N { export const x = 1 }', /namespace.* is not supported here; write an object/],
    ['class P { constructor(private x: number) {} }', /parameter property is not supported here; declare the field/],
    ['@dec class D {}', /decorators are not supported; call the function/],
    ['class D2 { @dec m(): void {} }', /decorators are not supported/],
    ['const c = <string>t1', /angle-bracket/],
    ['import fs = require("node:fs")', /not supported/],
    ['const t19 = new Set<string>(["a"]); t19.size', 1],
    ['const t20 = <T,>(x: T) => x; t20<Map<string, number>>(new Map([["a", 1]])).size', 1],
    ['const t21 = 5; (1 < t21) > (false)', true],
  ],
  declarations: [
    [['const d1 = 1', 'd1'], 1],
    [
      ['const { d2, x: [d3 = 4], ...d4 } = { d2: 1, x: [], y: 2 }', '[d2, d3, d4]'],
      [1, 4, { y: 2 }],
    ],
    [['let{d5}={d5:5},d6=6', 'd5 + d6'], 11],
    [['const[d7]=[7];d7', 'd7'], 7],
    ['d8 = d8(); function d8() { return 8 }; d8', 8],
    ['d9(3); function d9(n) { return n === 0 ? "end" : d10(n - 1) } function d10(n) { return d9(n) }; d9(1)', 'end'],
    [['var d11 = 1', 'var d11', 'd11'], 1],
    [['let d12 = 1', 'let d12', 'd12'], undefined],
    [['for (var d13 = 0; d13 < 3; d13++);', 'd13'], 3],
    [['for (var { d14 } = { d14: 1 }; d14 < 3; d14++);', 'd14'], 3],
    [['for (var d15 of [1, 2]);', 'd15'], 2],
    [['for (var { d16 } of [{ d16: 1 }]);', 'd16'], 1],
    [['if (true) var d17 = 1; else var d17 = 2', 'd17'], 1],
    [['{ var { d18 } = { d18: 18 } }', 'd18'], 18],
    [['{ let d19 = 1 }', 'typeof d19'], 'undefined'],
    [['for (const d20 of [1]);', 'typeof d20'], 'undefined'],
    [['if (await true) { var d21 = 21 }', 'd21'], 21],
    [['const d22 = () => 1', 'd22.name'], 'd22'],
    [['const d23 = class {}', 'd23.name'], 'd23'],
    [['class d24 { static s = d24.name }', 'd24.s'], 'd24'],
    [['class D25 { static x = 1 } const d25 = D25.x', 'd25'], 1],
    [['class D26 extends (await Promise.resolve(D25)) {}', 'D26.x'], 1],
    [['const d27 = await 27, d28 = d27 + 1', 'd28'], 28],
    [['const { d29 } = await { d29: 29 }', 'd29'], 29],
    [['let d30', 'd30 = 30', 'd30'], 30],
    [['d31 = 31', 'd31'], 31],
    [['let d32 = 1\n;(d32)\n[d32][0]', 'd32'], 1],
    [['foo33 = (x) => x\nlet d33 = 33\nfunction g33() {}\n(d33)'], 33],
    [['async function d34() { return 34 }', 'await d34()'], 34],
    [['function* d35() { yield 35 }', '[...d35()]'], [35]],
    [['async function* d36() { yield 36 }', '(await d36().next()).value'], 36],
    [['var d37 = d38, d38 = 2', 'd37'], undefined],
    [["'use strict'; undeclared39 = 1"], /undeclared39 is not defined/],
    [["'use strict'; function d40() { return this }", 'd40()'], undefined],
    [['const d41 = 1; const d41 = 2'], /'d41' has already been declared/],
    [['let undefined = 1'], /undefined cannot be declared/],
    [['label42: for (;;) { break label42 }', '42'], 42],
    [['with ({ d43: 43 }) d43'], 43],
    [['function d44() { return d44.count = (d44.count ?? 0) + 1 }', 'd44()', 'd44()'], 2],
    [['let d45 = 1, d46 = d45 + 1;[d45, d46]'], [1, 2]],
    [['class D47 { static { D47.made = true } }', 'D47.made'], true],
    [['const d48 = 1 // why', '/* a */ const /* b */ d49 = 2 /* c */; d48 + d49'], 3],
    [
      [
        'let d50 = 50; setImmediate(() => { d50 = 51 }); await new Promise((r) => setImmediate(() => setImmediate(r)))',
        'd50',
      ],
      51,
    ],
  ],
  'import and export': [
    ["import { two } from './lib.ts'; two", 2],
    [["import Lib, { two as deux } from './lib.ts'", 'new Lib().v + deux'], 4],
    ["import * as all from './lib.ts'; Object.keys(all)", ['default', 'two']],
    ["import data from './data.json' with { type: 'json' }; data.rows", 3],
    ["import { late } from './waits.ts'; late", 5],
    ["import 'node:fs'; 1", 1],
    ["import { join } from 'node:path'; join('a', 'b')", 'a/b'],
    ["join2('a', 'b'); import { join as join2 } from 'node:path'", undefined],
    ["(await import('./lib.ts')).two", 2],
    ["const { two: zwei } = await import('./lib.ts'); zwei", 2],
    [["const load = () => import('./lib.ts')", '(await load()).two'], 2],
    ["import { start } from 'servelab'; typeof start", 'function'],
    ["(await import('servelab')).start === start", true],
    ["import { three } from './lib.ts'", /'\.\/lib\.ts' has no export 'three'; if it is a type/],
    ["import './none.ts'", /Cannot find module '.*\/none\.ts'[\s\S]*cell-\d+\.ts:1:1/],
    ["import nothing from 'no-such-package'", /Cannot find package 'no-such-package'/],
    ['export const e1 = 1; e1', 1],
    [['export default class E2 {}', 'E2.name'], 'E2'],
    ['export default { a: 1 }', { a: 1 }],
    ['export default await 5', 5],
    [['export default function e3() { return 3 }', 'e3()'], 3],
    [['export function e4() { return 4 }\nexport class E5 {}', 'e4()'], 4],
    [['const e6 = 6; export { e6 as other }', 'e6'], 6],
    ["export { two as other7 } from './lib.ts'", undefined],
    ['import.meta.dirname', directory],
    ['import.meta.url.startsWith("file:")', true],
    ["(await import(import.meta.resolve('./lib.ts'))).two", 2],
    ["import.meta.resolve('./none.ts').endsWith('/none.ts')", true],
    ["(await import(import.meta.resolve('servelab'))).start === start", true],
    ["import.meta.resolve('no-such-package')", /Cannot find package 'no-such-package'/],
  ],
  constants: [
    [
      ['const k1 = 1', 'k1 = 2'],
      /cell-\d+\.ts:1:1\nk1 = 2\n\^\n\nSyntaxError: Assignment to constant variable 'k1'; declare/,
    ],
    [['const k2 = 1', 'k2++'], /Assignment to constant variable 'k2'/],
    [['const k3 = 1', '({ a: [k3] } = { a: [2] })'], /Assignment to constant variable 'k3'/],
    [['const k4 = 1', 'for (k4 of [1]);'], /Assignment to constant variable 'k4'/],
    [['const k5 = 1', 'const f5 = () => { k5 += 1 }'], /Assignment to constant variable 'k5'/],
    [['const k6 = 1; k6 = 2'], /Assignment to constant variable 'k6'/],
    [["import { two as k7 } from './lib.ts'", 'k7 = 1'], /Assignment to constant variable 'k7'/],
    [['const k8 = 1', '((k8) => { k8 = 2; return k8 })(1)'], 2],
    [['const k9 = 1', '{ let k9 = 1; k9 = 2; k9 }'], 2],
    [['const k10 = 1', 'let k10 = 2', 'k10 = 3'], 3],
    [['const k11 = { a: 1 }', 'k11.a = 2'], 2],
    [['const k12 = 1', 'function g12() { var k12 = 1; k12 = 3; return k12 } g12()'], 3],
    [['const k13 = 1', 'let k13 = 1; k13 = 5'], 5],
    [['class K14 {}', 'K14 = 14'], 14],
    [['function k15() {}', 'k15 = 15'], 15],
  ],
  failures: [
    ['throw new TypeError("x")', /TypeError: x/],
    ['null.x', /Cannot read properties of null/],
    ['await Promise.reject(new Error("later"))', /Error: later/],
    [['let g1 = 1; throw new Error("x")', 'g1'], 1],
    [['let g2 = 1', 'const g2 = (() => { throw new Error("x") })()', 'g2 = 3'], 3],
    ['foo bar', /cell-\d+\.ts:1:5\nfoo bar\n {4}\^\n\nSyntaxError: /],
    ['const g3: number = 3 4', /cell-\d+\.ts:1:22\nconst g3: number = 3 4\n {21}\^/],
    ['1 +\n  )', /cell-\d+\.ts:2:3\n {2}\)\n {2}\^/],
    ['let g4 = {', /cell-\d+\.ts:1:11\n/],
    ['/(/', /Invalid regular expression/],
    ['await', /cell-/],
    ['return 1', /cell-\d+\.ts:1:1\nreturn 1\n\^/],
    ['break', /break/],
  ],
};

for (const [title, cases] of Object.entries(tables)) {
  for (const [cells, expected] of cases) {
    test(`${title}: ${JSON.stringify(cells)}`, async () => {
      const all = typeof cells === 'string' ? [cells] : cells;
      for (const cell of all.slice(0, -1)) await run(cell).catch(() => undefined);
      const last = all.at(-1) ?? '';
      if (expected instanceof RegExp) {
        assert.match(await stackOf(last), expected);
      } else if (expected === 'a promise')
        assert.type(((await evaluate(last)).value as Promise<unknown>).then, 'function');
      else assert.equal(await run(last), expected);
    });
  }
}

const kinds: Readonly<Record<string, (name: string, value: number) => string>> = {
  const: (name, value) => `const ${name} = () => ${value}`,
  let: (name, value) => `let ${name} = () => ${value}`,
  var: (name, value) => `var ${name} = () => ${value}`,
  function: (name, value) => `function ${name}() { return ${value} }`,
  'async let': (name, value) => `let ${name} = await (() => ${value})`,
  class: (name, value) => `class ${name} { static valueOf() { return ${value} } }`,
  destructured: (name, value) => `const { ${name} } = { ${name}: () => ${value} }`,
  import: (name, value) => `import { two as ${name} } from './lib.ts'; globalThis.expected = ${value}`,
};

for (const [first, declareFirst] of Object.entries(kinds)) {
  for (const [second, declareSecond] of Object.entries(kinds)) {
    test(`${first} is declared again as ${second}, and functions of before see the new one`, async () => {
      const name = `r${++numCells}`;
      await run(declareFirst(name, 1));
      await run(`function see_${name}() { return ${name} }`);
      await run(declareSecond(name, 2));
      const value = (await run(`see_${name}()`)) as () => number;
      if (second === 'import') assert.is(value, 2);
      else assert.is(second === 'class' ? Number(value) : value(), 2);
    });
  }
}

test('names are told with their kind, their source and where an import is from', async () => {
  await run('const n1: number = 1, { n2 } = { n2: 2 }');
  await run('\nfunction n3<T>(x: T): T { return x }');
  await run("import { two as n4 } from './lib.ts'; import * as n5 from './lib.ts'");
  const told = new Map(evaluator.names().map((one) => [one.name, one]));
  const source = 'const n1: number = 1, { n2 } = { n2: 2 }';
  const file = `cell-${numCells - 2}.ts`;
  assert.equal(told.get('n1'), { name: 'n1', kind: 'const', source, file, line: 1, imported: null });
  assert.is(told.get('n2')?.source, source);
  assert.is(told.get('n3')?.source, 'function n3<T>(x: T): T { return x }');
  assert.is(told.get('n3')?.line, 2);
  assert.match(told.get('n4')?.imported?.url ?? '', /^file:.*\/lib\.ts$/);
  assert.is(told.get('n4')?.imported?.exportName, 'two');
  assert.is(told.get('n5')?.imported?.exportName, null);
  await run('let n4 = 1');
  assert.is(evaluator.names().find(({ name }) => name === 'n4')?.imported, null);
});

test('a name that a failed cell did not come to is still what it was', async () => {
  await run('let m1 = 1');
  await run('throw new Error("x"); const m1 = 2, m2 = 3').catch(() => undefined);
  const told = new Map(evaluator.names().map((one) => [one.name, one]));
  assert.is(told.get('m1')?.kind, 'let');
  assert.is(told.get('m2')?.kind, 'const');
});

test('cells run one after another', async () => {
  const first = evaluator.evaluate('await new Promise((r) => setImmediate(r)); let q1 = 1', { file: 'a.ts' });
  const second = evaluator.evaluate('q1 + 1', { file: 'b.ts' });
  assert.is((await second).value, 2);
  await first;
});

test('what `using` holds is disposed of at the end, the last first', async () => {
  await run('globalThis.disposed = []; const make = (name) => ({ [Symbol.dispose]() { disposed.push(name) } })');
  await run("using u1 = make('u1'); using u2 = make('u2')");
  await run("using u3 = make('u3'); throw new Error('x')").catch(() => undefined);
  await run("await using u4 = { async [Symbol.asyncDispose]() { await 1; disposed.push('u4') } }");
  await run('using u5 = null');
  const refused = await run('using u6 = {}').catch((error: Error) => error.message);
  assert.is(refused, "u6 is declared by 'using' and cannot be disposed of");
  const disposed = (await run('disposed')) as string[];
  assert.equal(disposed, []);
  await evaluator.dispose();
  assert.equal(disposed, ['u4', 'u3', 'u2', 'u1']);
  rmSync(directory, { recursive: true });
});

async function stackOf(code: string): Promise<string> {
  const failure: unknown = await run(code).catch((error: unknown) => error);
  assert.instance(failure, Error);
  return (failure as Error).stack ?? '';
}

test.run();
