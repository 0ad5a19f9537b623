/** Each lesson runs in Jupyter, from its committed `.ipynb`. */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { python, pythonModule, withJupyter } from '../repl/kernel/jupyter-home.ts';
import { requireOrSkip } from '../support/require.ts';
import { folder, lessons } from './lessons.ts';

const test = suite('lessons in Jupyter');

interface Executed {
  readonly cell_type: string;
  readonly metadata: { readonly tags?: readonly string[] };
  readonly execution_count: number | null;
  readonly outputs: readonly { readonly output_type: string; readonly traceback?: readonly string[] }[];
}

for (const lesson of lessons) {
  requireOrSkip(
    test,
    `Jupyter runs ${lesson}`,
    pythonModule('nbconvert', 'jupyter-nbconvert'),
    withJupyter(async ({ run }) => {
      const path = join(folder, `${lesson}.ipynb`);
      const { code, stdout, stderr } = await run(python, [
        ...['-m', 'nbconvert', '--to', 'notebook', '--execute', '--stdout', path],
      ]);
      assert.is(code, 0, stderr);
      const cells = (JSON.parse(stdout).cells as readonly Executed[]).filter(({ cell_type }) => cell_type === 'code');
      assert.ok(cells.length > 0);
      for (const { metadata, execution_count, outputs } of cells) {
        assert.type(execution_count, 'number', 'each cell has run');
        if (metadata.tags?.includes('raises-exception')) continue;
        const failed = outputs.find(({ output_type }) => output_type === 'error');
        assert.is(failed, undefined, failed?.traceback?.join('\n'));
      }
    }),
  );
}

test.run();
