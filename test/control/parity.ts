/** What holds for a client and its handles inline holds for those of an instance in another process: the same tests say so. */
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runTestFile } from '../support/test-file.ts';

const TESTS = dirname(import.meta.dirname);
const LIMITS = { fileTimeoutMs: 120_000, lingerMs: 10_000 };

/** Runs these test files once more, with the client of each test in another process than its instance. */
export function runElsewhere(name: string, files: readonly string[]): void {
  const test = suite(name);
  test.before(() => {
    process.env.SERVELAB_CLIENT = 'elsewhere';
  });
  for (const file of files) {
    test(`${file} holds for them`, async () => {
      const result = await runTestFile(join(TESTS, `${file}.test.js`), LIMITS);
      const said = [...result.problems, result.output].join('\n').replace(/^/gm, '| ');
      assert.is(result.failed, 0, said);
      assert.ok(result.passed > 0);
    });
  }
  test.run();
}
