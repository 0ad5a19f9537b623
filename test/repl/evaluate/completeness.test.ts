import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';

const test = suite('completeness');

const complete = [
  '',
  '   \n',
  '// why',
  '/* why */',
  '1 + 1',
  'foo()',
  "'}'",
  `\`\${\`{\`}\``,
  '/[(]/.test("(")',
  'if (x) { y() }',
  'if (x) y()',
  'for (const a of b) {\n  c(a)\n}',
  `const f = (x: number): string => \`\${x}\``,
  'class A<T> {\n  #x: T;\n  get x(): T { return this.#x }\n}',
  'interface A { x: number }',
  'type A = { x: number } | null',
  'await fetch(url)',
  'for await (const a of b) {}',
  "import { a, type B } from './a.ts'",
  'export default { a: 1 }',
  '{ a: 1 }',
  '{ a: 1, b: [2, { c: 3 }] }',
  '{}',
  'label: for (;;) break label',
  'do x(); while (y)',
  'using a = b()',
  'try { a } catch { b }',
  'x\n  .y()\n  .z()',
  'new Set<string>(["a"])',
  'a\n/b/c',
  '"a \\\nb"',
];

const incomplete: readonly (readonly [code: string, indent: string])[] = [
  ['{', '  '],
  ['(', '  '],
  ['[1,', ''],
  ['foo(', '  '],
  ['foo(1,\n  2,', '  '],
  ['{ a: 1,', ''],
  ['{ a:', '  '],
  ['const o = {', '  '],
  ['const o: X = {\n  a: 1,\n  b: {', '    '],
  ['const x =', '  '],
  ['const x: number =', '  '],
  ['const { a, b', ''],
  ['let x: {', '  '],
  ['1 +', ''],
  ['a &&', ''],
  ['a.', ''],
  ['a ?', '  '],
  ['a ? b :', '  '],
  ['!', ''],
  ['typeof', ''],
  ['new', ''],
  ['await', ''],
  ['await f(x as any,', ''],
  ['function', ''],
  ['function f', ''],
  ['function f(x: number', ''],
  ['function f(x: number) {', '  '],
  ['function f(x: number) {\n  if (x) {', '    '],
  ['function f(x: number) {\n  return x', '  '],
  ['function f<T', ''],
  ['async () => {', '  '],
  ['const f = (x: number) =>', '  '],
  ['class A', ''],
  ['class A {', '  '],
  ['class A {\n  x: number = 1', '  '],
  ['class A extends B {\n  m() {', '    '],
  ['interface A {', '  '],
  ['interface A {\n  x: number', '  '],
  ['type A =', '  '],
  ['type A = {', '  '],
  ['type A = |', ''],
  ['enum A {', '  '],
  ['if (x)', '  '],
  ['if (x) {', '  '],
  ['if (x) { y } else', '  '],
  ['for (const a of b)', '  '],
  ['for (let i = 0;', ''],
  ['while (true)', '  '],
  ['do {', '  '],
  ['do x();', ''],
  ['switch (x) {\n  case 1:', '    '],
  ['try {', '  '],
  ['try { a }', ''],
  ['try { a } catch (e) {', '  '],
  ['try { a } finally', '  '],
  ['import {', '  '],
  ['import { a', ''],
  ['import a from', ''],
  ['export', ''],
  ['export default', ''],
  ['`abc', ''],
  [`\`abc \${`, '  '],
  [`\`abc \${x`, ''],
  [`f(\`\n  \${a}`, ''],
  ['/* why', ''],
  ['/**\n * why', ''],
  ['const s: string = /* why', ''],
  ['@dec', ''],
  ['x as', ''],
  ['throw', ''],
  ['a = b,', ''],
  ['"a \\', ''],
  ['foo({\n  a: [\n    1,', '    '],
];

const invalid = [
  ')',
  '}',
  'foo bar',
  'foo(]',
  'const x: number = 3 4',
  'let x: number; }',
  'f(x as any))',
  "const s: string = 'abc",
  '"abc\nd',
  '/abc',
  'if x {',
  'const 1x = 2',
  'class { }',
  'enum A { B }',
  'namespace N { export const x = 1 }',
  'class A { constructor(private x: number) {} }',
  'const a = 1; const a = 2',
  '1 = 2',
  '...',
];

test('a long text is read in one go', () => {
  assert.is(Evaluator.completeness(`[${'a < b, '.repeat(20_000)}]`).status, 'complete');
});

for (const code of complete) {
  test(`${JSON.stringify(code)} is complete`, () => {
    assert.equal(Evaluator.completeness(code), { status: 'complete', indent: '' });
  });
}

for (const [code, indent] of incomplete) {
  test(`${JSON.stringify(code)} goes on`, () => {
    assert.equal(Evaluator.completeness(code), { status: 'incomplete', indent });
    assert.is(Evaluator.completeness(`${code}\n`).status, 'incomplete');
  });
}

for (const code of invalid) {
  test(`${JSON.stringify(code)} is wrong however it goes on`, () => {
    assert.is(Evaluator.completeness(code).status, 'invalid');
  });
}

test.run();
