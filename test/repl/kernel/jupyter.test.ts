/** The kernel in the real Jupyter. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../../support/require.ts';
import { python, pythonModule, withJupyter } from './jupyter-home.ts';

const test = suite('the kernel in Jupyter');

const OWN_TESTS = fileURLToPath(new URL('../../../../test/fixtures/jupyter/kernel_test.py', import.meta.url));

interface StoredOutput {
  readonly output_type: string;
  readonly text?: readonly string[];
  readonly data?: Readonly<Record<string, readonly string[]>>;
  readonly ename?: string;
}

/** A notebook of these cells; one that is to fail is tagged so. */
const notebookOf = (sources: readonly string[], failing: readonly number[] = []): string =>
  JSON.stringify({
    ...{ nbformat: 4, nbformat_minor: 5 },
    metadata: { kernelspec: { name: 'servelab', display_name: 'TypeScript', language: 'typescript' } },
    cells: sources.map((source, at) => ({
      ...{ cell_type: 'code', id: `cell-${at}`, source, outputs: [], execution_count: null },
      metadata: { tags: failing.includes(at) ? ['raises-exception'] : [] },
    })),
  });

requireOrSkip(
  test,
  'passes all of Jupyter’s own tests, of which none is skipped',
  pythonModule('jupyter_kernel_test', 'python3-jupyter-kernel-test'),
  withJupyter(async ({ run }) => {
    const { code, stderr } = await run(python, [OWN_TESTS, '--verbose']);
    assert.is(code, 0, stderr);
    assert.match(stderr, /\nRan 12 tests in [\d.]+s\n\nOK\n$/);
    assert.not.match(stderr, /skipped/);
  }),
);

requireOrSkip(
  test,
  'nbconvert runs a notebook: results, streams, the last state of a display, an error that is wanted',
  pythonModule('nbconvert', 'jupyter-nbconvert'),
  withJupyter(async ({ folder, run }) => {
    const sources = [
      "await client.createBackend('hi', () => 'Hi'); await client.createEndpoint('hi', { backend: 'hi', route: '/hi' });",
      "(await http.get('/hi')).text",
      "const live = display({ 'image/svg+xml': '<svg>0</svg>' }, { raw: true });\nfor (let n = 1; n <= 5; n++) live.update({ 'image/svg+xml': '<svg>' + n + '</svg>' });",
      "console.log('out'); console.error('err')",
      "throw new RangeError('wanted')",
      '.endpoints',
    ];
    writeFileSync(join(folder, 'given.ipynb'), notebookOf(sources, [4]));
    const args = ['-m', 'nbconvert', '--to', 'notebook', '--execute', 'given.ipynb', '--output', 'done.ipynb'];
    const { code, stderr } = await run(python, args);
    assert.is(code, 0, stderr);
    const { cells, metadata } = JSON.parse(readFileSync(join(folder, 'done.ipynb'), 'utf8'));
    const [none, result, displayed, streams, error, table] = cells.map(
      ({ outputs }: { readonly outputs: readonly StoredOutput[] }) => outputs,
    );
    assert.is(metadata.language_info.file_extension, '.ts');
    assert.equal(none, []);
    assert.equal(result[0].data['text/plain'], ["'Hi'"]);
    assert.equal(
      displayed.map((output: StoredOutput) => output.data?.['image/svg+xml']),
      [['<svg>5</svg>']],
    );
    assert.equal(
      streams.map((output: StoredOutput) => output.text),
      [['out\n'], ['err\n']],
    );
    assert.is(error[0].ename, 'RangeError');
    assert.match(table.at(-1).data['text/plain'].join(''), /hi .*\/hi/);
  }),
);

requireOrSkip(
  test,
  'a notebook that fails, or whose session dies, is a failure of nbconvert',
  pythonModule('nbconvert', 'jupyter-nbconvert'),
  withJupyter(async ({ folder, run }) => {
    for (const [source, said] of [
      ["throw new RangeError('unwanted')", /RangeError: unwanted/],
      ["process.kill(process.pid, 'SIGKILL')", /DeadKernelError: Kernel died/],
    ] as const) {
      writeFileSync(join(folder, 'given.ipynb'), notebookOf([source]));
      const { code, stderr } = await run(python, ['-m', 'nbconvert', '--to', 'notebook', '--execute', 'given.ipynb']);
      assert.is(code, 1);
      assert.match(stderr, said);
    }
  }),
);

requireOrSkip(
  test,
  'jupyter console is a prompt on it',
  pythonModule('jupyter_console', 'jupyter-console'),
  withJupyter(async ({ run }) => {
    const args = ['-m', 'jupyter_console', '--kernel', 'servelab', '--simple-prompt'];
    const { stdout } = await run(python, args, "const kept = 40\nkept + 2\n.status\nconsole.log('printed')\nexit\ny\n");
    assert.match(stdout, /Out\[2\]: 42\n/);
    assert.match(stdout, /Out\[3\]: \nnotebook\nservelab /);
    assert.match(stdout, /printed\n/);
  }),
);

test.run();
