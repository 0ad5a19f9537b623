/** How much of what a cell puts out must be as it is kept. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../repl/notebook/comparison.ts';
import { type CellOutput, codeCell, type JsonObject } from '../../../repl/notebook/model.ts';
import { staleCells } from '../../../repl/notebook/stale.ts';

const test = suite('how a cell is compared');

/** What `check` says of a cell with these outputs, kept and now. */
function differing(own: JsonObject, kept: readonly CellOutput[], now: readonly CellOutput[]): readonly string[] {
  const cell = { ...codeCell('work()', 'work'), metadata: { servelab: own } };
  const run = { cell: { ...cell, outputs: now }, outcome: 'ok', ms: 1, failure: null } as const;
  const notebook = { metadata: {}, fields: {}, cells: [{ ...cell, outputs: kept }] };
  const stale = staleCells({ notebook, cells: [run], status: 'done' }, notebook, []);
  return stale.flatMap(({ lines }) => lines);
}

const printed = (text: string, name = 'stdout'): CellOutput => ({ output_type: 'stream', name, text });
const shown = (data: JsonObject): CellOutput => ({ output_type: 'display_data', data, metadata: {} });
const thrown = (ename: string): CellOutput => ({ output_type: 'error', ename, evalue: '', traceback: [ename] });
const drawn = (svg: string, ...others: readonly string[]): CellOutput =>
  shown({ 'image/svg+xml': svg, 'text/plain': svg, ...Object.fromEntries(others.map((type) => [type, svg])) });

test('kinds: other numbers, words and pictures pass', () => {
  const kept = [printed('1 ms'), drawn('<svg>1</svg>', 'application/vnd.vegalite.v5+json'), thrown('RangeError')];
  const now = [printed('none'), drawn('<svg>2</svg>', 'application/vnd.vegalite.v5+json'), thrown('RangeError')];
  assert.equal(differing({ compare: 'kinds' }, kept, now), []);
  assert.not.equal(differing({}, kept, now), []);
});

test('kinds: what is missing, new, in another order or of another kind does not pass', () => {
  for (const [kept, now, said] of [
    [[drawn('1')], [], ['- display image/svg+xml, text/plain']],
    [[], [printed('1')], ['+ stream stdout']],
    [[printed('1')], [printed('1', 'stderr')], ['- stream stdout', '+ stream stderr']],
    [[drawn('1')], [shown({ 'text/plain': '1' })], ['- display image/svg+xml, text/plain', '+ display text/plain']],
    [[thrown('RangeError')], [thrown('TypeError')], ['- error RangeError', '+ error TypeError']],
    [[printed('1')], [printed('1'), thrown('TypeError')], ['+ error TypeError']],
    [
      [printed('1'), drawn('1')],
      [drawn('1'), printed('1')],
      [
        '- stream stdout',
        '- display image/svg+xml, text/plain',
        '+ display image/svg+xml, text/plain',
        '+ stream stdout',
      ],
    ],
  ] as const) {
    assert.equal(differing({ compare: 'kinds' }, kept, now), said);
  }
});

test('words: numbers may differ, and the room that they take; pictures, too', () => {
  const table = (p50: string, name = 'v1'): CellOutput =>
    shown({ 'text/plain': `backend  p50\n${'─'.repeat(p50.length)}\n${name}  ${p50}`, 'text/html': `<td>${p50}</td>` });
  const kept = [printed('asked 900'), table('1.5'), drawn('<svg>1</svg>')];
  assert.equal(
    differing({ compare: 'words' }, kept, [printed('asked 1,024'), table('1,000'), drawn('<svg>2 3</svg>')]),
    [],
  );
  assert.equal(
    differing({ compare: 'words' }, kept, [printed('asked 900'), table('1.5', 'v2'), drawn('<svg>1</svg>')]),
    ['- v1 #', '+ v2 #'],
  );
  assert.equal(differing({ compare: 'words' }, kept, kept.slice(0, -1)), ['- display image/svg+xml, text/plain']);
});

test('words: data are there, whatever they are', () => {
  const [kept, now] = [null, 1].map((p50): CellOutput => shown({ 'text/plain': 'p50', 'application/json': { p50 } }));
  assert.equal(differing({ compare: 'words' }, [kept as CellOutput], [now as CellOutput]), []);
  assert.equal(differing({ compare: 'words' }, [kept as CellOutput], [shown({ 'text/plain': 'p50' })]), [
    '- application/json:',
  ]);
});

test("words: a cell's own patterns count, too", () => {
  const own = { compare: 'words', normalize: ['fast|slow'] };
  assert.equal(differing(own, [printed('fast 1')], [printed('slow 2')]), []);
});

test('words are what is left without numbers and the room that they take', () => {
  for (const [line, words] of [
    ['v12   1,234.5 rps │ -3e-7', 'v12 # rps │ #'],
    ['model-v1.5  p99 0.5', 'model-v1.5 p99 #'],
    ['counter#1  23', 'counter#1 #'],
    ['[1, 20, 300]', '[#, #, #]'],
    ['──────', '─'],
  ] as const) {
    assert.is(wordsOf(line), words);
  }
});

test('a pattern that is none is refused', () => {
  assert.throws(
    () => differing({ normalize: ['a('] }, [printed('1')], [printed('1')]),
    (error: Error) =>
      'code' in error &&
      error.code === 'INVALID_ARGUMENT' &&
      /must hold patterns of JavaScript, got 'a\('/.test(error.message),
  );
});

test('a word that is not known is refused', () => {
  assert.throws(
    () => differing({ compare: 'kind' }, [printed('1')], [printed('1')]),
    /a cell's compare must be one of 'all', 'words', 'kinds', got "kind"/,
  );
});

test.run();
