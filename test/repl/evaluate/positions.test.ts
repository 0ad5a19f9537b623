/** Where errors of cells say they are: `file:line:column` of the text that was typed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

const evaluator = new Evaluator({ directory: import.meta.dirname, interrupts: newInterrupts() });
const test = suite('positions');
let numCells = 0;

/** `▸` marks where the error is, in the order of the stack's frames; it is left out of the code. */
const cases: Readonly<Record<string, string>> = {
  'an expression': '1 + ▸missing',
  'a later line': '1;\n\n  ▸missing()',
  'behind another statement': 'let a = 1; a; ▸missing',
  'a declaration': 'const { b, c } = ▸missing',
  'a declaration with types': 'const d: Map<string, number> = ▸missing',
  'behind a declaration in its line': 'let{e}={e:1};▸missing',
  'a type of many bytes': 'const f: "é😀" = "é😀"; ▸missing',
  'a function': 'function g(x: number) { ▸missing(x) }; ▸g(1)',
  'functions in one line': 'function h() { ▸missing() } function i() { ▸h() }; ▸i()',
  'a class in a line of its own': 'class J {\n  m(): void { ▸missing() }\n}\nnew J().▸m()',
  'a class behind something': '1; class K { m(): void { ▸missing() } }; new K().▸m()',
  'an exported class': 'export class L { m() { ▸missing() } } new L().▸m()',
  'an object': '{ a: ▸missing }',
  'behind an await': 'await 1; ▸missing',
  'an awaited declaration': 'const m = await ▸missing()',
  'an awaited name': 'await ▸missing',
  'an awaited name in a later line': '1\nawait ▸missing',
  'a name after one that is like it': 'const missing2 = 1; const f1 = { missing: missing2, x: ▸missing }',
  'a block that waits': 'if (await true) {\n  1\n  ▸missing()\n}',
  'a block that waits, in one line': 'if (await true) { 1; ▸missing() }',
  'the value of a block that waits': 'if (await true) ▸missing()',
  'a loop that waits': 'for (const n of [1]) { await n; ▸missing() }',
  'a loop that waits, without braces': 'for (const n of [1]) ▸missing(await n)',
  'a loop that waits, over lines': 'for (const n of [1]) {\n  await n\n  ▸missing()\n}',
  'an unbounded loop in a function': 'function o() {\n  while (true) {\n    ▸missing()\n  }\n}\n▸o()',
  'an unbounded loop in one line': 'function p() { while (▸missing()) {} }; ▸p()',
  'the body of an unbounded loop in one line': 'function q() { while (true) { ▸missing() } }; ▸q()',
  'an unbounded for in one line': 'function r() { for (;;) ▸missing() }; ▸r()',
  'a do in one line': 'function s() { do { ▸missing() } while (true) }; ▸s()',
  'two loops in one line': 'const t = () => { while (true) { while (▸missing()) {} } }; ▸t()',
  'an arrow in a loop': 'const u = () => { while (true) { [1].map(() => ▸missing()) } }; u()',
  'a strict cell': "'use strict'; ▸missing",
  'a var in a loop': 'for (var v = 0; v < ▸missing; v++);',
  'a default export': 'export default ▸missing',
  'an async function': 'async function w() { await 1; ▸missing() }; ▸await w()',
  'a name that is a global, too': '  const process = 1; process; ▸missing',
  'import.meta': 'import.meta.url; ▸missing',
  'a template': `\`\${1}\n\${▸missing}\``,
  'a tab': '\t▸missing',
};

for (const [title, marked] of Object.entries(cases)) {
  for (const line of [1, 20]) {
    test(`${title}, in a file whose cell begins in line ${line}`, async () => {
      const file = `place-${++numCells}.ts`;
      const stack = await stackOf(marked.replaceAll('▸', ''), file, line);
      const found = [...stack.matchAll(/(place-\d+\.ts):(\d+):(\d+)/g)].map(([place]) => place);
      const wanted = placesIn(marked).map(([at, column]) => `${file}:${at + line - 1}:${column}`);
      for (const place of wanted) assert.ok(found.includes(place), `${place} is not in\n${stack}`);
      assert.is(found[0], wanted[0]);
    });
  }
}

test('a cause and the errors of an aggregate say it, too', async () => {
  const code = 'function z(f: () => void) { while (f()) {} }\nfunction y() { throw new Error("y") }\n';
  await evaluator.evaluate(code, { file: 'z.ts' });
  const thrown: unknown = await evaluator
    .evaluate('try { z(y) } catch (cause) { throw new AggregateError([cause], "all", { cause }) }', { file: 'y.ts' })
    .catch((error: unknown) => error);
  const { cause, errors } = thrown as AggregateError;
  for (const error of [cause, ...errors]) assert.match((error as Error).stack ?? '', /at z \(z\.ts:1:36\)/);
});

test('what is shown otherwise can be corrected', async () => {
  const { value } = await evaluator.evaluate('function x() { while (true) { return new Error("x").stack } }; x()', {
    file: 'x.ts',
  });
  assert.not.match(String(value), /x\.ts:1:38/);
  assert.match(evaluator.correctPlaces(String(value)), /at x \(x\.ts:1:38\)/);
});

test('a long message is not gone through for long', async () => {
  const code = 'function long() { while (true) { throw new Error("x:1:2".repeat(1e5) + "<(".repeat(1e5)) } }; long()';
  const thrown: unknown = await evaluator.evaluate(code, { file: 'long.ts' }).catch((error: unknown) => error);
  assert.match(String((thrown as Error).stack).slice(-1_000), /at long \(long\.ts:1:40\)/);
});

test('a frozen error is thrown as it is', async () => {
  const thrown: unknown = await evaluator
    .evaluate('function fz() { while (true) { throw Object.freeze(new Error("cold")) } }; fz()', { file: 'fz.ts' })
    .catch((error: unknown) => error);
  assert.is((thrown as Error).message, 'cold');
});

test.after(() => evaluator.dispose());

test.run();

async function stackOf(code: string, file: string, line: number): Promise<string> {
  const thrown: unknown = await evaluator.evaluate(code, { file, line }).catch((error: unknown) => error);
  assert.instance(thrown, ReferenceError);
  return (thrown as Error).stack ?? '';
}

/** Lines and columns, from 1, of the marks. */
function placesIn(marked: string): (readonly [line: number, column: number])[] {
  return marked.split('\n').flatMap((text, line) => {
    const columns = [...text.matchAll(/▸/g)].map(({ index }, mark) => index + 1 - mark);
    return columns.map((column) => [line + 1, column] as const);
  });
}
