import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sizeOf, typeOf } from '../../../repl/commands/names.ts';
import { COMMANDS } from '../../../repl/commands/table.ts';
import { readIpynb } from '../../../repl/notebook/ipynb.ts';
import { helpText } from '../../../repl/terminal/help.ts';
import { PromptSession } from './prompt-session.ts';

const test = suite('commands of the session');

const directory = mkdtempSync(join(tmpdir(), 'servelab-commands-'));
const session = await PromptSession.open('commands-session', directory);

test.after(async () => {
  await session.close();
  rmSync(directory, { recursive: true });
});

const fileAt = (name: string): string => readFileSync(join(directory, name), 'utf8');

test('with nothing to save, nothing is written', async () => {
  assert.match((await session.run('.save empty.ts')).error ?? '', /INVALID_ARGUMENT no cell has run well yet/);
  assert.not.ok(existsSync(join(directory, 'empty.ts')));
});

test('cells that ran well are saved as a percent file, commands as the calls that they stand for', async () => {
  for (const code of [
    "await client.createBackend('m', () => 1)",
    'null.x',
    '.backends',
    '.scale m 2',
    '.scale m x',
    '.config m',
    '.undo',
    "'line one\\n' +\n  'line two'",
  ]) {
    await session.run(code);
  }
  const { error, printed } = await session.run('.save first.ts');
  assert.is(error, null);
  assert.match(printed, /^await show\.save\('first\.ts'\)\n4 cells in first\.ts; \.open first\.ts runs them\n$/);
  assert.is(
    fileAt('first.ts'),
    "// %%\nawait client.createBackend('m', () => 1)\n\n" +
      "// %%\nawait client.updateBackendConfig('m', { numReplicas: 2 })\n\n" +
      '// %%\n// .undo took back the last change here\n\n' +
      "// %%\n'line one\\n' +\n  'line two'\n",
  );
});

test('and as a notebook', async () => {
  assert.is((await session.run('.save first.ipynb')).error, null);
  const codes = readIpynb(fileAt('first.ipynb'), 'first.ipynb').cells.map(({ source }) => source);
  assert.is(codes.length, 4);
  assert.is(codes[0], "await client.createBackend('m', () => 1)");
});

test('a file of somebody else is written over only by force, its own again', async () => {
  writeFileSync(join(directory, 'theirs.ts'), 'keep me');
  assert.match((await session.run('.save theirs.ts')).error ?? '', /INVALID_ARGUMENT 'theirs\.ts' exists; .*--force/);
  assert.is(fileAt('theirs.ts'), 'keep me');
  assert.is((await session.run('.save theirs.ts --force')).error, null);
  assert.match(fileAt('theirs.ts'), /createBackend/);
  assert.is((await session.run('.save first.ts')).error, null);
});

test('a file is opened, cell by cell, and its cells are the session’s', async () => {
  writeFileSync(
    join(directory, 'good.ts'),
    "// %% numbers\nglobalThis.seven = 3 + 4\n\n// %% [markdown]\n// # no code\n\n// %%\n'later ' + globalThis.seven\n\n// %%\n.backends\n",
  );
  const { error, printed, outputs } = await session.run('.open good.ts');
  assert.is(error, null);
  assert.match(
    printed,
    /cell 1 of 3 {2}numbers\ncell 2 of 3 {2}'later ' \+ globalThis\.seven\ncell 3 of 3 {2}\.backends\n/,
  );
  assert.match(printed, /good\.ts: 3 cells ran\n$/);
  const results = outputs.flatMap((output) => (output.type === 'execute_result' ? [output.data['text/plain']] : []));
  assert.equal(results.slice(0, 2), ['7', "'later 7'"]);
  assert.match(results[2] ?? '', /^backend +replicas/);
  assert.match((await session.run('.history later')).result ?? '', /\[\d+\] 'later ' \+ globalThis\.seven {2}/);
});

test('the first error ends it, and says in which cell', async () => {
  const cells = ['globalThis.before = 1', "throw new RangeError('in the middle')", 'globalThis.after = 1'];
  writeFileSync(join(directory, 'bad.ts'), cells.map((code) => `// %%\n${code}\n`).join(''));
  const notebook = { nbformat: 4, cells: cells.map((source) => ({ cell_type: 'code', source })) };
  writeFileSync(join(directory, 'bad.ipynb'), JSON.stringify(notebook));
  for (const file of ['bad.ts', 'bad.ipynb']) {
    await session.run('delete globalThis.before');
    const { status, error, printed } = await session.run(`.open ${file}`);
    assert.is(status, 'error');
    assert.match(error ?? '', /RangeError: in the middle/);
    assert.ok(printed.endsWith(`${file}: cell 2 of 3 failed, those after it have not run\n`), printed);
    assert.is((await session.run('[globalThis.before, globalThis.after].join()')).result, "'1,'");
  }
});

test('in a cell a file is opened after it', async () => {
  const opened = session.outputsUntil(
    (output) => output.type === 'stream' && output.text.includes('good.ts: 3 cells ran'),
  );
  const { error } = await session.run("await show.open('good.ts')");
  assert.is(error, null);
  await opened;
});

test('history shows cells, their ends, and those with a text', async () => {
  const all = (await session.run('.history')).result ?? '';
  assert.match(all, /^ +\[1\] \.save empty\.ts {2}failed\n/);
  assert.match(all, /^ +\[9\] 'line one\\n' \+ {2}\d.*\n {8}'line two'$/m);
  const some = (await session.run('.history CREATEbackend')).result ?? '';
  assert.match(some, /^ +\[2\] await client\.createBackend\('m', \(\) => 1\) {2}[\d.]+ m?s$/);
  assert.is((await session.run('.history no such text')).result, "no cell has 'no such text' in it");
});

test('it goes to another instance, and says which is near a wrong name', async () => {
  const other = await serve.start({ name: 'commands-other', host: 'process', http: null });
  try {
    await other.createBackend('over-there', () => 2);
    await other.createEndpoint('there', { backend: 'over-there' });
    assert.match(
      (await session.run('.attach comands-other')).error ?? '',
      /INSTANCE_NOT_FOUND .*did you mean commands-other\?/,
    );
    assert.is((await session.run('Object.keys')).error, null);
    const { printed, outputs } = await session.run('.attach commands-other');
    assert.match(printed, /^await show\.attach\('commands-other'\)\nclient, endpoints and http are those of instance/);
    assert.ok(outputs.some((output) => output.type === 'instance' && output.name === 'commands-other'));
    assert.is((await session.run('await endpoints.there()')).result, '2');
    assert.match((await session.run('.backends')).result ?? '', /over-there/);
    assert.is((await session.run('.attach commands-session')).error, null);
    assert.match((await session.run('.backends')).result ?? '', /^m /m);
  } finally {
    await other.shutdown();
  }
});

const BAD: readonly (readonly [line: string, said: RegExp])[] = [
  ['.save', /INVALID_ARGUMENT the file is missing; usage: \.save <file\.ts\|file\.ipynb>/],
  ['.save a.py', /INVALID_ARGUMENT 'a\.py' is neither \.ts nor \.ipynb/],
  ['.save a.ts --forse', /no option '--forse'; did you mean --force\?/],
  ['.save nowhere/a.ts', /INVALID_ARGUMENT 'nowhere\/a\.ts' cannot be written: ENOENT/],
  ['.open', /INVALID_ARGUMENT the file is missing; usage: \.open/],
  ['.open a.py', /INVALID_ARGUMENT 'a\.py' is neither/],
  ['.open nowhere.ts', /INVALID_ARGUMENT 'nowhere\.ts' cannot be read: ENOENT/],
  ['.open "no notebook.ipynb"', /INVALID_ARGUMENT 'no notebook\.ipynb' is no notebook/],
  ['.attach', /INVALID_ARGUMENT the instance is missing; usage: \.attach <instance>/],
  ['.names x', /INVALID_ARGUMENT 'x' is one too many; usage: \.names/],
  ['.hisotry', /no command '\.hisotry'; did you mean \.history\?/],
];

for (const [line, said] of BAD) {
  test(`${line} is refused`, async () => {
    writeFileSync(join(directory, 'no notebook.ipynb'), 'nothing');
    const { status, error } = await session.run(line);
    assert.is(status, 'error');
    assert.match(error ?? '', said);
  });
}

test('what a name holds is told in a word and a size, and nothing of it runs', () => {
  class Model {
    readonly weights = [1];
    get trap(): never {
      throw new Error('was run');
    }
  }
  const run = (): never => {
    throw new Error('was run');
  };
  const proxy = new Proxy({}, { get: run, getPrototypeOf: run, ownKeys: run });
  const cases: readonly (readonly [unknown, string, string])[] = [
    [1, 'number', ''],
    [null, 'null', ''],
    [undefined, 'undefined', ''],
    ['four', 'string', '4 characters'],
    [[1, 2, 3], 'Array', '3 items'],
    [new Map([[1, 2]]), 'Map', '1 entry'],
    [new Set(), 'Set', '0 items'],
    [new Float32Array(1000), 'Float32Array', '4.0 kB'],
    [{ a: 1, b: 2 }, 'Object', '2 fields'],
    [Object.create(null), 'object', ''],
    [new Model(), 'Model', '1 field'],
    [Model, 'class', `${String(Model).length} characters`],
    [proxy, 'Proxy', ''],
  ];
  for (const [value, type, size] of cases) assert.equal([typeOf(value), sizeOf(value)], [type, size]);
});

test('each command is in the help, in lines of 80 columns, and loads', async () => {
  const help = helpText(false);
  for (const line of help.split('\n')) assert.ok(line.length <= 80, line);
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    assert.ok(help.includes(`  .${name}`), name);
    assert.type((await load()).command.run, 'function');
  }
});

test.run();
