// The test runner: every compiled test file in a process of its own, the verdict in the last line.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { type FileLimits, type FileResult, killRunning, runTestFile } from './test-file.ts';

interface Settings extends FileLimits {
  readonly directory: string;
  /** A file runs when its path holds one of these; all run when there are none. */
  readonly filters: readonly string[];
  readonly jobs: number;
  readonly skippedFail: boolean;
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killRunning();
      process.exit(1);
    });
  }
  process.exitCode = (await runTests(readSettings())) ? 0 : 1;
}

/** Runs what the settings name, prints as it goes, and says whether all is well. */
async function runTests(settings: Settings): Promise<boolean> {
  const files = findTestFiles(settings.directory, settings.filters);
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const pending of startInOrder(files, settings)) {
    const result = withSkipsJudged(await pending, settings);
    printResult(result, settings.directory);
    count.passed += result.passed;
    count.failed += result.failed;
    count.skipped += result.skipped;
  }
  if (count.passed + count.failed === 0) {
    console.log(files.length === 0 ? `no test file in ${settings.directory} is asked for` : 'no test ran');
    count.failed = 1;
  }
  const skips = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
  console.log(`${count.passed} passed, ${count.failed} failed${skips}`);
  return count.failed === 0;
}

function readSettings(): Settings {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      directory: { type: 'string', default: dirname(import.meta.dirname) },
      jobs: { type: 'string', default: '2' },
      'file-timeout-ms': { type: 'string', default: '600000' },
      'linger-ms': { type: 'string', default: '10000' },
    },
  });
  return {
    directory: values.directory,
    filters: positionals.map((filter) => filter.replace(/^(\.\/)?(dist\/)?test\//, '').replace(/\.ts$/, '.js')),
    jobs: Number(values.jobs),
    fileTimeoutMs: Number(values['file-timeout-ms']),
    lingerMs: Number(values['linger-ms']),
    skippedFail: process.env.SERVELAB_REQUIRE_ALL === '1',
  };
}

function findTestFiles(directory: string, filters: readonly string[]): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.test.js') && statSync(join(directory, path)).isFile())
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort()
    .map((path) => join(directory, path));
}

/** One promise per file in the files' order; no more than `jobs` of them are at work at a time. */
function startInOrder(files: readonly string[], settings: Settings): Promise<FileResult>[] {
  const tasks = files.map((file) => ({ file, ...Promise.withResolvers<FileResult>() }));
  const waiting = tasks.values();
  const work = async (): Promise<void> => {
    for (const task of waiting) await runTestFile(task.file, settings).then(task.resolve, task.reject);
  };
  for (let job = 0; job < settings.jobs; job++) void work();
  return tasks.map((task) => task.promise);
}

function withSkipsJudged(result: FileResult, settings: Settings): FileResult {
  if (!settings.skippedFail || result.skipped === 0) return result;
  const problem = `${result.skipped} skipped, and SERVELAB_REQUIRE_ALL is set`;
  return { ...result, skipped: 0, failed: result.failed + result.skipped, problems: [...result.problems, problem] };
}

function printResult(result: FileResult, directory: string): void {
  const name = relative(directory, result.file).replace(/\.js$/, '');
  const skips = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
  const counts = `${result.passed} passed, ${result.failed} failed${skips}`;
  const mark = result.failed > 0 ? 'FAIL' : 'ok  ';
  console.log(`${mark} ${name}: ${counts} (${Math.round(result.durationMs)} ms)`);
  for (const problem of result.problems) console.log(`     ${problem}`);
  if (result.failed > 0) {
    console.log(result.output.replace(/^/gm, '     | '));
    return;
  }
  for (const [reason] of result.output.matchAll(/^skipped: .*$/gm)) console.log(`     ${reason}`);
}
