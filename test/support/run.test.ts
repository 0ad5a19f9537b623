import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const runner = join(import.meta.dirname, 'run.js');
const uvu = import.meta.resolve('uvu');
const requireHelper = pathToFileURL(join(import.meta.dirname, 'require.js')).href;

const passing = file(`test('one', () => {}); test('two', () => {});`);
const failing = file(`test('good', () => {}); test('bad', () => { throw new Error('seen in the output'); });`);

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly lastLine: string;
}

interface Case {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly lastLine: string;
  readonly says?: RegExp;
}

const missing = file(`requireOrSkip(test, 'loads', { available: false, why: 'wrk is not installed' }, () => {});`);
const longTimer = `setTimeout(() => {}, 60_000)`;
const orphan = `import('node:child_process').then((m) => m.spawn('sleep', ['60'], { stdio: 'ignore' }).unref())`;

const cases: readonly Case[] = [
  { title: 'counts what passed', files: { 'a.test.js': passing }, status: 0, lastLine: '2 passed, 0 failed' },
  {
    title: 'prints the whole output of a failing file and fails',
    files: { 'a.test.js': passing, 'deep/b.test.js': failing },
    status: 1,
    lastLine: '3 passed, 1 failed',
    says: /FAIL deep\/b\.test: 1 passed, 1 failed.*\n(.*\n)*.*seen in the output/,
  },
  {
    title: 'counts a file that cannot be loaded as one failure',
    files: { 'a.test.js': `throw new Error('no')`, 'b.test.js': passing },
    status: 1,
    lastLine: '2 passed, 1 failed',
    says: /crashed: exit 1/,
  },
  {
    title: 'counts a crash after the last test as one failure',
    files: { 'a.test.js': `${passing}\nsetTimeout(() => process.abort(), 100);` },
    status: 1,
    lastLine: '2 passed, 1 failed',
    says: /crashed: exit SIGABRT/,
  },
  {
    title: 'fails a process that lives on after its last test',
    files: { 'a.test.js': `${passing}\n${longTimer};` },
    status: 1,
    lastLine: '2 passed, 1 failed',
    says: /left something running: still alive 500 ms after its last test/,
  },
  {
    title: 'fails a file that leaves a process behind',
    files: { 'a.test.js': file(`test('one', () => ${orphan});`) },
    status: 1,
    lastLine: '1 passed, 1 failed',
    says: /left something running: a process it started/,
  },
  {
    title: 'fails a file that never finishes',
    files: { 'a.test.js': file(`test('one', () => new Promise(() => ${longTimer}));`) },
    status: 1,
    lastLine: '0 passed, 1 failed',
    says: /did not finish within 3000 ms/,
  },
  {
    title: 'fails a file that prints no summary',
    files: { 'a.test.js': `console.log('quiet')` },
    status: 1,
    lastLine: '0 passed, 1 failed',
    says: /printed no summary/,
  },
  {
    title: 'fails a file that ends in the middle of a test',
    files: { 'a.test.js': file(`test('one', () => process.exit(0));`) },
    status: 1,
    lastLine: '0 passed, 1 failed',
  },
  {
    title: 'counts the tests that a throwing hook took along, which uvu passes over',
    files: { 'a.test.js': file(`test.before(() => { throw new Error('hook'); }); test('one', () => {});`) },
    status: 1,
    lastLine: '0 passed, 1 failed',
    says: /1 never ran/,
  },
  { title: 'fails when there is nothing to run', files: {}, status: 1, lastLine: '0 passed, 1 failed' },
  {
    title: 'leaves benchmarks and helpers alone',
    files: { 'a.bench.js': failing, 'b.js': failing, 'c.test.js': passing },
    status: 0,
    lastLine: '2 passed, 0 failed',
  },
  {
    title: 'runs the files a filter names, by source or by output path',
    files: { 'router/a.test.js': passing, 'proxy/b.test.js': failing },
    args: ['test/router/a.test.ts'],
    status: 0,
    lastLine: '2 passed, 0 failed',
  },
  {
    title: 'counts a skipped test and says why it was skipped',
    files: { 'a.test.js': missing, 'b.test.js': passing },
    status: 0,
    lastLine: '2 passed, 0 failed, 1 skipped',
    says: /skipped: loads \(wrk is not installed\)/,
  },
  {
    title: 'fails what is missing when everything is required',
    files: { 'a.test.js': missing },
    env: { SERVELAB_REQUIRE_ALL: '1' },
    status: 1,
    lastLine: '0 passed, 1 failed',
    says: /wrk is not installed, and SERVELAB_REQUIRE_ALL is set/,
  },
  {
    title: 'fails a plain skip when everything is required',
    files: { 'a.test.js': file(`test.skip('later'); test('one', () => {});`) },
    env: { SERVELAB_REQUIRE_ALL: '1' },
    status: 1,
    lastLine: '1 passed, 1 failed',
    says: /1 skipped, and SERVELAB_REQUIRE_ALL is set/,
  },
];

const test = suite('the test runner');

for (const { title, files, args = [], env = {}, status, lastLine, says } of cases) {
  test(title, () => {
    withFiles(files, (directory) => {
      const outcome = run(directory, args, env);
      assert.is(outcome.lastLine, lastLine, outcome.output);
      assert.is(outcome.status, status);
      if (says) assert.match(outcome.output, says);
    });
  });
}

test('reports files in the order of their names, however long each takes', () => {
  const slow = file(`test('one', () => new Promise((resolve) => setTimeout(resolve, 400)));`);
  withFiles({ 'a.test.js': slow, 'b.test.js': passing, 'c.test.js': passing }, (directory) => {
    const { output } = run(directory, [], {});
    assert.equal(output.match(/^ok .*\.test/gm), ['ok   a.test', 'ok   b.test', 'ok   c.test']);
  });
});

test('gives each file a state directory of its own and takes it away again', () => {
  const body = `writeFileSync(process.env.WITNESS, process.env.XDG_STATE_HOME);
    assert.ok(existsSync(process.env.XDG_STATE_HOME)); assert.is(process.env.NO_COLOR, '1');`;
  withFiles({ 'a.test.js': file(`test('one', () => { ${body} });`) }, (directory) => {
    const witness = join(directory, 'witness');
    assert.is(run(directory, [], { WITNESS: witness }).lastLine, '1 passed, 0 failed');
    const stateHome = readFileSync(witness, 'utf8');
    assert.is.not(stateHome, process.env.XDG_STATE_HOME);
    assert.not.ok(existsSync(stateHome));
  });
});

test.run();

function file(body: string): string {
  return `
    import { existsSync, writeFileSync } from 'node:fs';
    import { test } from '${uvu}';
    import * as assert from '${import.meta.resolve('uvu/assert')}';
    import { requireOrSkip } from '${requireHelper}';
    ${body}
    test.run();`;
}

function withFiles(files: Readonly<Record<string, string>>, use: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'slr-'));
  try {
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(directory: string, args: readonly string[], env: Readonly<Record<string, string>>): Outcome {
  const limits = ['--directory', directory, '--linger-ms', '500', '--file-timeout-ms', '3000'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner, ...limits, ...args], {
    encoding: 'utf8',
    env: { ...process.env, SERVELAB_REQUIRE_ALL: '', ...env },
  });
  return { status, output: stdout + stderr, lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' };
}
