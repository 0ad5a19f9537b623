/** `servelab notebook run`: real sessions, on instances of their own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until, withInstance } from '../../support/instance.ts';
import { marked } from '../../support/processes.ts';
import { withStateHome } from '../../support/state-home.ts';
import { type Ended, inFolder, Running, runCommand } from '../command-fixture.ts';

const test = suite('a notebook that is run');

type Files = Readonly<Record<string, string>>;

/** Nothing of what was run is left behind: what nobody needed after all ends by itself. */
const inPlace = (files: Files, run: (folder: string) => Promise<void>): (() => Promise<void>) =>
  withStateHome((home) =>
    inFolder(files, async (folder) => {
      await run(folder);
      await until(() => marked(home).every(({ pid }) => pid === process.pid), 'no process of it is left');
      assert.equal(await serve.listInstances(), []);
    })(),
  );

const notebook = (folder: string, ...args: readonly string[]): Promise<Ended> =>
  runCommand('', { args: ['notebook', ...args], cwd: folder });

// biome-ignore lint/suspicious/noExplicitAny: what nbformat says it is
const read = (folder: string, file: string): any => JSON.parse(readFileSync(join(folder, file), 'utf8'));

const LESSON = `// %% [markdown]
// # A lesson

// %% Settings tags=["parameters"]
let n: number = 3;
let name = 'Ada';

// %%
import { twice } from './twice.ts';
console.log('twice', twice(n));
console.error('careful');
name

// %% Serve
await client.createBackend('hi', () => 'Hi');
await client.createEndpoint('hi', { backend: 'hi', route: '/hi' });
await endpoints.hi()
`;

const FILES: Files = { 'lesson.ts': LESSON, 'twice.ts': 'export const twice = (n: number): number => 2 * n;\n' };

test(
  'its cells run in order, on an instance of its own, and what they put out is printed',
  inPlace(FILES, async (folder) => {
    const { code, stdout, stderr } = await notebook(folder, 'run', 'lesson.ts');
    assert.is(code, 0, stderr);
    assert.is(stdout, "twice 6\n'Ada'\n'Hi'\n");
    const lines = stderr.trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^cell 2 of 4 {2}Settings {2}[\d.]+ m?s$/);
    assert.is(lines[1], 'careful', 'as it comes');
    assert.match(lines.at(-1) ?? '', /^lesson\.ts: 3 cells ran in [\d.]+ m?s$/);
  }),
);

test(
  'what they put out is kept as Jupyter keeps it; parameters take the place of those it has',
  inPlace(FILES, async (folder) => {
    const given = ['-p', 'n=20', '-p', 'name=Bob', '--output', 'out.ipynb', '--junit', 'report.xml'];
    const { code, stdout, stderr } = await notebook(folder, 'run', 'lesson.ts', ...given);
    assert.is(code, 0, stderr);
    assert.is(stdout, '');
    const { cells, metadata } = read(folder, 'out.ipynb');
    assert.is(cells.length, 5);
    assert.equal(cells[2].metadata.tags, ['injected-parameters']);
    assert.equal(cells[2].source, ['let n = 20;\n', 'let name = "Bob";']);
    assert.equal(cells[3].outputs, [
      { output_type: 'stream', name: 'stdout', text: ['twice 40\n'] },
      { output_type: 'stream', name: 'stderr', text: ['careful\n'] },
      { output_type: 'execute_result', execution_count: 3, data: { 'text/plain': ["'Bob'"] }, metadata: {} },
    ]);
    assert.is(cells[4].execution_count, 4);
    assert.is(metadata.servelab, undefined, 'it is not known by what it would be without them');
    const report = readFileSync(join(folder, 'report.xml'), 'utf8');
    assert.match(report, /<testsuites tests="4" failures="0" errors="0" skipped="0"/);
    assert.match(report, /<testcase classname="lesson\.ts" name="cell 5: Serve" time="\d+\.\d{3}"\/>/);
  }),
);

test(
  'what a backend prints is in no document',
  inPlace(
    {
      'prints.ts':
        "// %%\nawait client.createBackend('p', () => console.log('from a replica') ?? 1);\n" +
        "await client.createEndpoint('p', { backend: 'p' });\nawait endpoints.p()\n",
    },
    async (folder) => {
      const { code, stdout, stderr } = await notebook(folder, 'run', 'prints.ts', '--to', 'md', '-o', '-');
      assert.is(code, 0, stderr);
      assert.match(stdout, /^```ts\nawait client[\s\S]*```text\n1\n```\n$/);
      assert.match(stderr, /^from a replica$/m);
    },
  ),
);

const TROUBLE = `// %%
const fine = 1;

// %% Expected tags=["raises-exception"]
throw new RangeError('as told');

// %% Left out tags=["skip"]
throw new Error('never');

// %% Broken
function boom(given: { a: number } | null): number {
  return (given as { a: number }).a;
}
boom(null)

// %% Behind it
console.log('reached')
`;

test(
  'a cell that fails ends it, with its place in the file; cells may be skipped, and fail where they may',
  inPlace({ 'sub/trouble.ts': TROUBLE }, async (folder) => {
    const { code, stdout, stderr } = await notebook(folder, 'run', 'sub/trouble.ts', '--junit', 'report.xml');
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, /cell 2 of 5 {2}Expected {2}raised, as it may {2}RangeError/);
    assert.match(stderr, /servelab: cell 4 failed at sub\/trouble\.ts:12:\d+: TypeError: Cannot read/);
    assert.match(stderr, /at boom \(trouble\.ts:12:\d+\)\n/);
    assert.match(stderr, /--allow-errors goes on behind it/);
    assert.match(stderr, /3 cells ran, 1 failed, 1 raised what they may, 1 skipped, 1 not reached/);
    const report = readFileSync(join(folder, 'report.xml'), 'utf8');
    assert.match(report, /<testsuites tests="5" failures="1" errors="0" skipped="2"/);
    assert.match(
      report,
      /name="cell 4: Broken"[^>]*><failure type="TypeError"[^>]*>Uncaught TypeError: [^<]*trouble\.ts:12:/,
    );
    assert.match(report, /name="cell 5: Behind it"[^>]*><skipped message="a cell before it failed"\/>/);
  }),
);

test(
  'with --allow-errors it goes on, and the error is kept with the place first',
  inPlace({ 'trouble.ts': TROUBLE }, async (folder) => {
    const { code, stderr } = await notebook(folder, 'run', 'trouble.ts', '--allow-errors', '--to', 'ipynb');
    assert.is(code, 0, stderr);
    const { cells, metadata } = read(folder, 'trouble.ipynb');
    const [error] = cells[3].outputs;
    assert.equal([error.output_type, error.ename], ['error', 'TypeError']);
    assert.match(error.traceback[1], /^ {4}at boom \(trouble\.ts:12:\d+\)$/);
    assert.equal([cells[2].outputs, cells[2].execution_count], [[], null]);
    assert.equal(cells[4].outputs[0].text, ['reached\n']);
    assert.is(metadata.servelab, undefined);
  }),
);

test(
  'an .ipynb runs, too: its errors name the cell; a display is updated where it was shown',
  inPlace({}, async (folder) => {
    const cell = (source: string): unknown => ({
      cell_type: 'code',
      metadata: {},
      outputs: [],
      source,
      execution_count: 9,
    });
    const file = join(folder, 'old.ipynb');
    const cells = [cell('let a = 1;'), cell(''), cell('\nnull.x')];
    await import('node:fs/promises').then(({ writeFile }) =>
      writeFile(file, JSON.stringify({ nbformat: 4, nbformat_minor: 2, metadata: {}, cells })),
    );
    const refused = await notebook(folder, 'run', 'old.ipynb', '--to', 'ipynb');
    assert.is(refused.code, 2);
    assert.match(refused.stderr, /would write over 'old\.ipynb'; --output old\.ipynb does that/);
    const { code, stderr } = await notebook(folder, 'run', 'old.ipynb', '--output', 'old.ipynb');
    assert.is(code, 1);
    assert.match(stderr, /cell 3 failed at old\.ipynb#3:2:6: TypeError/);
    const kept = read(folder, 'old.ipynb');
    assert.is(kept.nbformat_minor, 5);
    assert.equal(
      kept.cells.map(({ execution_count }: { execution_count: number }) => execution_count),
      [1, null, 2],
    );
  }),
);

test(
  'a cell that takes too long is interrupted, and its session killed when it does not heed that',
  inPlace(
    {
      'slow.ts': "// %%\nconsole.log('begun');\nawait new Promise(() => setInterval(() => {}, 1000));\n",
      'deaf.ts':
        '// %%\nawait new Promise(() => setTimeout(() => { for (let i = 0; i < 1e15; i++); }, 0));\n\n// %%\n1\n',
    },
    async (folder) => {
      const slow = await notebook(folder, 'run', 'slow.ts', '--timeout', '0.5');
      assert.is(slow.code, 1);
      assert.is(slow.stdout, 'begun\n');
      assert.match(slow.stderr, /cell 1 failed at slow\.ts\S*: TimeoutError: the cell took longer than 0\.5 s/);
      assert.match(slow.stderr, /--timeout gives each cell more time/);
      const deaf = await notebook(folder, 'run', 'deaf.ts', '--timeout', '0.5', '--allow-errors', '--to', 'ipynb');
      assert.is(deaf.code, 1, 'there is nothing left to go on in');
      assert.match(deaf.stderr, /did not heed that, so its session was killed/);
      assert.match(read(folder, 'deaf.ipynb').cells[0].outputs.at(-1).evalue, /session was killed/);
    },
  ),
);

test(
  'a cell that ends its process fails, and says so',
  inPlace({ 'exit.ts': '// %%\nprocess.exit(3)\n\n// %%\n1\n' }, async (folder) => {
    const { code, stderr } = await notebook(folder, 'run', 'exit.ts');
    assert.is(code, 1);
    assert.match(stderr, /the cell ended its session with exit code 3/);
  }),
);

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(
    `${signal} interrupts the cell, keeps what there is, and ends with ${exitCode}`,
    inPlace(
      {
        'wait.ts': "// %%\nconst a = 1; a\n\n// %%\nconsole.log('begun');\nawait new Promise(() => {});\n\n// %%\n2\n",
      },
      async (folder) => {
        const printing = new Running({ args: ['notebook', 'run', 'wait.ts', '--junit', 'j.xml'], cwd: folder });
        await printing.printed('begun');
        const { code, stderr } = await printing.kill(signal);
        assert.is(code, exitCode, stderr);
        assert.match(stderr, /interrupted, 2 cells ran, 1 not reached/);
        assert.match(readFileSync(join(folder, 'j.xml'), 'utf8'), /<failure type="Interrupted"/);
      },
    ),
  );
}

test(
  'by name it works on the instance that runs, and leaves it there',
  withInstance(
    async (client) => {
      await client.createBackend('kept', () => 'kept', { config: { numReplicas: 1 } });
      await client.createEndpoint('kept', { backend: 'kept' });
      await inFolder({ 'use.ts': '// %%\nawait endpoints.kept()\n' }, async (folder) => {
        const { name } = (await client.status()).instance;
        const { code, stdout, stderr } = await notebook(folder, 'run', 'use.ts', '--name', name);
        assert.is(code, 0, stderr);
        assert.is(stdout, "'kept'\n");
        assert.equal(Object.keys(await client.listEndpoints()), ['kept']);
      })();
    },
    { name: 'notebook-named' },
  ),
);

const PARAMETERS = `// %% tags=["parameters"]
let share: number = 0.5;
let { size } = { size: 1 };
// %%
throw new Error('it was run');
`;

test(
  'what cannot be run is said before anything starts',
  inPlace({ 'a.ts': '1', 'b.ipynb': '{}', 'c.ts': PARAMETERS }, async (folder) => {
    for (const [args, exitCode, said] of [
      [['run', 'x.py'], 2, /a notebook ends in \.ts or \.ipynb, got 'x\.py'/],
      [['run', 'none.ts'], 1, /'none\.ts' cannot be read: ENOENT/],
      [['run', 'b.ipynb'], 1, /'b\.ipynb' is no notebook: it has no list of cells/],
      [['run', 'a.ts', '-p', '1=2'], 2, /a parameter is name=value, got '1=2'/],
      [['run', 'a.ts', '-o', 'a.txt'], 2, /the format of 'a\.txt' is not known; --to/],
      [['run', 'c.ts', '-p', 'shar=1'], 2, /'c\.ts' has no parameter 'shar'; did you mean share\?; it has share, size/],
      [['run', 'c.ts', '-o', 'none/c.html'], 2, /'none\/c\.html' cannot be written: ENOENT.*none'/],
      [['run', 'c.ts', '--junit', 'none/c.xml'], 2, /'none\/c\.xml' cannot be written/],
      [['run', 'a.ts', '--timeout', '-1'], 2, /A number > 0 is wanted/],
    ] as const) {
      const { code, stderr } = await notebook(folder, ...args);
      assert.is(code, exitCode, stderr);
      assert.match(stderr, said);
    }
    assert.not(existsSync(join(folder, 'a.ipynb')));
  }),
);

test.run();
