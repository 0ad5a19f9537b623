import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandWords } from '../../../repl/session/command-words.ts';
import { livePlace } from '../../../repl/session/live-place.ts';

const test = suite('completions');

const AT: readonly (readonly [before: string, path: string, begun: string])[] = [
  ['', '', ''],
  ['mod', '', 'mod'],
  ['await mod', '', 'mod'],
  ['f(mod', '', 'mod'],
  ['f(1, mod', '', 'mod'],
  ['x = mod', '', 'mod'],
  ['f({ a: mod', '', 'mod'],
  ['f({ ...mod', '', 'mod'],
  ['f({ a: [1, mod', '', 'mod'],
  ['if (x) { mod', '', 'mod'],
  ['() => { mod', '', 'mod'],
  ['let a = 1\nmod', '', 'mod'],
  ['for (const a of mod', '', 'mod'],
  ['`text ${mod', '', 'mod'],
  ['model.', 'model', ''],
  ['await model.a.b', 'model.a', 'b'],
  ['new model.B', 'model', 'B'],
  ['f({ a: model.b', 'model', 'b'],
  ['f(x).y + model.b', 'model', 'b'],
  ['/[.]/.test(x) && model.default.b', 'model.default', 'b'],
];

for (const [before, path, begun] of AT) {
  test(`names of the session stand at the end of ${before}`, () => assert.equal(livePlace(before), { path, begun }));
}

const NOWHERE = [
  ...['new M().', 'new M().a', 'f(x).a.', 'list[0].', "'text'.", '`text`.', '/x/.', 'a?.', 'a?.b', 'f().\n', '(a).b'],
  ...['createBackend("q", M, { ', 'createBackend("q", M, { num', 'f({ a: 1, ', 'f({ a: { b: 1 }, ', 'import { a'],
  ...["'mod", '`mod', '// mod', '/* mod', 'const mod', 'class A { mod', 'x mod', 'f(x) mod', '1.', '"a" mod'],
];

for (const before of NOWHERE) {
  test(`no name of the session stands at the end of ${before}`, () => assert.is(livePlace(before), null));
}

const config = { numReplicas: 1, numCpus: 1, userConfig: undefined };
const known = {
  endpoints: { echo: {}, hi: {} },
  backends: { v1: { config }, v2: { config } },
  replicas: [{ tag: 'v1#1' }],
} as unknown as Parameters<typeof commandWords>[1];

const LINES: readonly (readonly [line: string, matches: readonly string[]])[] = [
  ['.traffic ', ['echo', 'hi']],
  ['.traffic e', ['echo']],
  ['.traffic echo ', ['v1=', 'v2=']],
  ['.traffic echo v1=50% ', ['v2=']],
  ['.traffic echo v1=', ['v1=']],
  ['.traffic echo v1=0', []],
  ['.trial ', ['echo', 'hi']],
  ['.trial echo ', ['v1', 'v2']],
  ['.trial --count 5 echo ', ['v1', 'v2']],
  ['.trial echo --count ', []],
  ['.trial echo v2 --', ['--count', '--for']],
  ['.trial echo v2 ', []],
  ['.shadow ', ['echo', 'hi']],
  ['.shadow echo v', ['v1', 'v2']],
  ['.shadow echo v1 ', []],
  ['.scale ', ['v1', 'v2']],
  ['.scale v1 ', []],
  ['.config ', ['v1', 'v2']],
  ['.config v1 num', ['numReplicas=', 'numCpus=']],
  ['.config v1 numCpus=2 num', ['numReplicas=']],
  ['.config v1 userConfig={"a": ', []],
  ['.load ', ['echo', 'hi']],
  ['.load echo ', []],
  ['.load echo --ht', ['--http']],
  ['.tail -n 5 ', ['echo', 'hi']],
  ['.tail -', ['-n']],
  ['.replicas ', ['v1', 'v2']],
  ['.logs ', ['v1', 'v2', 'v1#1']],
  ['.logs -f v1#', ['v1#1']],
  ['.check ', ['on', 'warn', 'off']],
  ['.status ', []],
  ['.nothing ', []],
];

for (const [line, matches] of LINES) {
  test(`of '${line}' go on: ${matches.join(' ') || 'none'}`, () => {
    assert.equal(commandWords(line, known).matches, matches);
  });
}

test('before the status is known, a command’s own words complete', () => {
  assert.equal(commandWords('.check o', null), { matches: ['on', 'off'], begun: 'o' });
  assert.equal(commandWords('.traffic e', null), { matches: [], begun: 'e' });
});

test.run();
