/** Each lesson puts out what its committed `.ipynb` has. */
import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { command } from '../repl/command-fixture.ts';
import { type Requirement, requireOrSkip } from '../support/require.ts';
import { lessons, runNode } from './lessons.ts';

const test = suite('lessons that are run again');

/** What a lesson can do without, but not put out the same without. */
const NEEDS: Readonly<Record<string, Requirement>> = {
  '09-monitoring': {
    available: spawnSync('prometheus', ['--version']).status === 0,
    why: 'prometheus is not installed',
  },
};
const NOTHING: Requirement = { available: true, why: '' };

for (const lesson of lessons) {
  requireOrSkip(test, `${lesson} is as it is kept`, NEEDS[lesson] ?? NOTHING, async () => {
    const { code, stdout, said } = await runNode(command, 'notebook', 'check', `${lesson}.ts`, '--force');
    assert.is(code, 0, said);
    assert.is(stdout, `${lesson}.ts: as it is kept\n`);
  });
}

test.run();
