import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCell, type Space } from '../../../repl/types/cell.ts';
import { declaredNames } from '../../../repl/types/declared-names.ts';
import { SessionDocument, withoutMarks } from '../../../repl/types/session-document.ts';
import { directoryOf, typeServerIn } from './fixture.ts';

/** Cells, and what an expression then is. */
const sessions: readonly (readonly [title: string, cells: readonly string[], expression: string, type: string])[] = [
  ['a variable is what it was declared last', ['const a = 1', 'const a = "x"'], 'a', '"x"'],
  ['what was computed keeps its type', ['const a = 1', 'const b = a + 1', 'const a = "x"'], 'b', 'number'],
  ['a variable is declared anew with itself', ['const a = [1]', 'const a = String(a)'], 'a', 'string'],
  ['and what it was counts for that', ['const a = [1]', 'const a = a.map(String)'], 'a', 'string[]'],
  ['a function sees what is declared later', ['const a = 1', 'const f = () => a', 'const a = "x"'], 'f()', 'string'],
  [
    'an instance is of its class',
    ['class M { old() {} }', 'const m = new M()', 'class M { young() {} }'],
    'm.old',
    '() => void',
  ],
  ['a type is the last one', ['class M { old() {} }', 'let m: M', 'class M { young() {} }'], 'm.young', '() => void'],
  ['an interface is not added to', ['interface A { a: 1 }', 'interface A { b: 1 }', 'let x: A = { b: 1 }'], 'x', 'A'],
  ['a type alias is replaced', ['type A = 1', 'type A = 2', 'const x = null as unknown as A'], 'x', '2'],
  ['a function is replaced', ['function f(a: 1) { return a }', 'function f(a: 2) { return a }'], 'f', '(a: 2) => 2'],
  [
    'overloads go with their function',
    ['function f(a: 1): 1\nfunction f(a: 2): 2\nfunction f(a) { return a }', 'function f() { return "x" }'],
    'f',
    '() => string',
  ],
  [
    'a pattern declares',
    ['const { a, b: [c] } = { a: 1, b: ["x"] }', 'const d = a', 'let a = "x"'],
    '[d, c]',
    '(string | number)[]',
  ],
  ['a shorthand keeps its key', ['const a = 1', 'const o = { a }', 'const a = "x"'], 'o', '{\n    a: number;\n}'],
  [
    'an import is replaced',
    ["import { sep } from 'node:path'", 'const s = sep.length', 'const sep = 1'],
    '[sep + s]',
    'number[]',
  ],
  ['and replaces', ['const sep = 1', "import { sep } from 'node:path'"], 'sep === "/"', 'boolean'],
  [
    'an import may be repeated',
    ["import { sep } from 'node:path'", "import { sep } from 'node:path'"],
    'sep.length',
    'number',
  ],
  ['a type is imported anew', ["import type { Stats } from 'node:fs'", 'type Stats = 5', 'let x: Stats = 5'], 'x', '5'],
  [
    'serve is there as a type and as a value',
    ['let s: serve.Client = client'],
    'await s.status()',
    'serve.ServeStatus',
  ],
  ['serve may be declared anew', ['const serve = 5'], 'serve', '5'],
  ['an assignment narrows', ['let a: string | null = null', 'a = "x"'], 'a', 'string'],
  ['no semicolon is needed', ['const a = { f: 1 }', '(1)', '[2]', 'const b = a'], 'b.f', 'number'],
  [
    'a cell that never ended stops nothing',
    ['let a', 'a = 1', 'while (true) {}', 'throw new Error("x")', 'a = "x"'],
    'a',
    'string',
  ],
  [
    'a call with a type is one',
    ['const m = new Map<string, number>()', 'const n = structuredClone<typeof m>(m)'],
    'n',
    'Map<string, number>',
  ],
  ['a cell that is none is left out', ['const a = 1', 'const a = ', 'const'], 'a', '1'],
];

const directory = directoryOf({});
const types = typeServerIn(directory.path);
const test = suite('session document');

for (const [title, cells, expression, type] of sessions) {
  test(title, async () => {
    const document = new SessionDocument();
    for (const cell of cells) document.add(cell);
    const before = `${document.before(new Map())}const $type = `;
    // All of it as one cell, so that one server answers for every session.
    const hover = await types.hover(`${before}(${expression})`, before.indexOf('$type'));
    assert.is(hover?.signature, `const $type: ${type}`);
  });
}

test('what is superseded and was never used is left out', () => {
  const document = new SessionDocument();
  for (let i = 0; i < 50; i++) document.add(`class Model { v${i}() {} }\nfunction f() { return ${i} }`);
  assert.equal(document.before(new Map()).match(/v\d+/g), ['v49']);
});

test('of what is superseded and was used, the version that was used stays', () => {
  const document = new SessionDocument();
  for (const cell of ['class M { a() {} }', 'class M { b() {} }', 'const m = new M()', 'class M { c() {} }'])
    document.add(cell);
  const text = document.before(new Map());
  assert.equal(text.match(/[abc](?=\(\))/g), ['b', 'c']);
  assert.match(withoutMarks(text), /class M \{ b\(\) \{\} \}\n;\nconst m = new M\(\)\n;\nclass M \{ c/);
});

test('the cell being typed supersedes, too', () => {
  const document = new SessionDocument();
  document.add('let a = 1');
  assert.is(document.before(new Map([['a', 'value']])), '');
  assert.is(document.before(new Map()), 'let a = 1\n;\n');
});

const declared: readonly (readonly [code: string, names: Readonly<Record<string, Space>>])[] = [
  ['const a = 1, [b, { c }] = x', { a: 'value', b: 'value', c: 'value' }],
  ['class A {}\nfunction f() { let inner }', { A: 'both', f: 'value' }],
  ['type T = { type: 1 }; interface I {}', { T: 'type', I: 'type' }],
  ['interface I { a: 1 } interface J {}\ntype K =\n  | 1', { I: 'type', J: 'type', K: 'type' }],
  ["import d, { a as b, type C } from 'x'", { d: 'both', b: 'both' }],
  ["import type { A, B as C } from 'x'", { A: 'type', C: 'type' }],
  ['// type A = 1\n/* interface B {} */ let c: string', { c: 'value' }],
  ['const X = 1; type X = 2', { X: 'both' }],
  ['export abstract class A<T> {}\nexport const b = 1', { A: 'both', b: 'value' }],
  ['for (var i = 0; i < 3; i++) {}\nfor (let j of []) {}', { i: 'value' }],
  ['client.remote<typeof M>("x")', {}],
  ['const a = b.', { a: 'value' }],
  ['const a = f({ x: [1, ', { a: 'value' }],
  ["const a = f('x", { a: 'value' }],
  ['class A {\n  m() { this.', { A: 'both' }],
];

for (const [code, names] of declared) {
  test(`${JSON.stringify(code)} declares ${Object.keys(names).join(', ') || 'nothing'}`, () => {
    assert.equal(Object.fromEntries(declaredNames(code)), names);
  });
}

test('a cell with what is no JavaScript either is none', () => {
  assert.is(readCell('enum X { A }'), null);
  assert.is(readCell('const = 1'), null);
});

test('64 cells are answered', async () => {
  for (let i = 0; i < 64; i++) {
    types.add(`class M${i % 8} { m${i}() { return ${i} } }\nconst v${i} = new M${i % 8}().m${i}()`);
  }
  assert.is(await types.typeOf('v0 + v63'), 'number');
  assert.equal(
    (await types.complete('new M7().', 9)).map(({ text }) => text),
    ['m63'],
  );
  assert.equal(await types.check('v5.toFixed() + new M0().m56()'), []);
  assert.is((await types.check('new M0().m0()')).length, 1);
});

test.after(async () => {
  await types.close();
  directory.remove();
});

test.run();
