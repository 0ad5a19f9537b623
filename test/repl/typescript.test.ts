import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toJavaScript } from '../../repl/typescript.ts';

const test = suite('typescript');

const unchanged = ['1 < 2 > (3)', '{ a: 1 }', 'await f()', 'with (x) {}', ''];
const incomplete = [
  'function f(x: number) {\n',
  'const f = (x: number) =>\n',
  'class A {\n  x: number = 1;\n',
  'interface A {\n  x: number\n',
  'const o: X = {\n  a: 1,\n',
  'await f(x as any,\n',
  'const s: string = `abc\n',
  'const x: number = /* why\n',
];
const invalid = [
  'const x: number = 3 4\n',
  'let x: number; }\n',
  'f(x as any))\n',
  "const s: string = 'abc\n",
  'foo bar\n',
];
const unsupported = ['enum A { B }\n', 'class A { constructor(private x: number) {} }\n'];

for (const source of unchanged) {
  test(`${JSON.stringify(source)} is JavaScript and stays as it is`, () => {
    assert.equal(toJavaScript(source, 'script'), { as: 'javascript', code: source });
  });
}

test('types are blanked and everything stays in its place', () => {
  const source = "const f = (x: number): string => g(x as number);\ntype A = 1;\nimport type { B } from 'b';";
  const types = /: number|: string| as number|type A = 1;|import .*/g;
  const code = source.replaceAll(types, (type) => ' '.repeat(type.length));
  assert.equal(toJavaScript(source, 'script'), { as: 'javascript', code });
});

test('only a module has imports', () => {
  const source = "import { a } from 'a';";
  assert.equal(toJavaScript(source, 'module'), { as: 'javascript', code: source });
});

for (const [as, sources] of Object.entries({ incomplete, invalid, unsupported })) {
  for (const source of sources) {
    test(`${JSON.stringify(source)} is ${as}`, () => {
      assert.is(toJavaScript(source, 'script').as, as);
    });
  }
}

test.run();
