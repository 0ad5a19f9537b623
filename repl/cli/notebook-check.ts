import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { NotebookRun } from '../notebook/cell-run.ts';
import { runKey, storedKey, withKey } from '../notebook/freshness.ts';
import { writeIpynb } from '../notebook/ipynb.ts';
import type { Notebook } from '../notebook/model.ts';
import { readNotebook } from '../notebook/notebook-file.ts';
import { pairOf } from '../notebook/pair.ts';
import { runNotebook } from '../notebook/run-notebook.ts';
import { changedCells, type StaleCell, staleCells } from '../notebook/stale.ts';
import { Exit, tell } from './failure.ts';
import { type CheckOptions, requireNotebook, writeOver } from './notebook-options.ts';
import { print, withOwnStdout } from './output.ts';
import { withProgress } from './progress.ts';
import { stopBySignal } from './stop-by-signal.ts';

/** `servelab notebook check`. Throws Exit with 1 when one is stale, and with a signal's code. */
export async function checkCommand(files: readonly string[], options: CheckOptions): Promise<void> {
  for (const file of files) requireNotebook(file);
  const stop = stopBySignal();
  let isFresh = true;
  for (const file of files) {
    isFresh = (await checkOne(file, options, stop.signal)) && isFresh;
    if (stop.signal.aborted) throw new Exit(stop.exitCode);
  }
  if (!isFresh) throw new Exit(1);
}

/** Whether it is as it is kept, or is from now on. */
async function checkOne(file: string, options: CheckOptions, stop: AbortSignal): Promise<boolean> {
  const { source, ipynb } = pairOf(file);
  const notebook = await readNotebook(resolve(source), source);
  const key = await runKey(notebook, dirname(resolve(source)));
  const kept = existsSync(ipynb) ? await readNotebook(resolve(ipynb), ipynb) : null;
  if (kept === null && !options.write) {
    tell(`${file} has no ${ipynb} that keeps what it puts out; ${keeping(file)}`);
    return false;
  }
  const changed = kept === null ? [] : changedCells(notebook, kept);
  if (changed.length > 0 && !options.write) return tellStale(file, changed, ipynb);
  if (kept !== null && changed.length === 0 && storedKey(kept) === key && !options.force) {
    print(`${file}: nothing has changed since it was run; --force runs it again`);
    return true;
  }
  const run = await withOwnStdout(() => withProgress(`running ${file}`, execute(notebook, source, options, stop)));
  const stale = staleCells(run, kept ?? notebook, [dirname(resolve(source))]);
  if (run.status !== 'done' || !options.write) return tellCompared(file, run, stale, ipynb);
  await writeOver(ipynb, writeIpynb(withKey(run.notebook, key)));
  print(`${file}: ${kept === null ? `${ipynb} is new` : writtenText([...changed, ...stale], ipynb)}`);
  return true;
}

function tellCompared(file: string, { status }: NotebookRun, stale: readonly StaleCell[], ipynb: string): boolean {
  if (status === 'interrupted') {
    tell(`${file}: interrupted; ${ipynb} is as it was`);
    return false;
  }
  if (stale.length > 0) return tellStale(file, stale, ipynb);
  if (status === 'done') print(`${file}: as it is kept`);
  return status === 'done';
}

function writtenText(stale: readonly StaleCell[], ipynb: string): string {
  const differed = new Set(stale.map(({ number }) => number)).size;
  return `${differed === 0 ? 'as it is kept' : `${counted(differed)} differed`}; ${ipynb} is written`;
}

const execute = (
  notebook: Notebook,
  source: string,
  { timeout }: CheckOptions,
  stop: AbortSignal,
): Promise<NotebookRun> =>
  runNotebook(notebook, {
    ...{ path: resolve(source), instance: null, allowErrors: false, stop },
    timeoutMs: timeout === undefined ? null : timeout * 1000,
    ...{ begins: () => {}, ends: () => {}, shows: () => {} },
  });

function tellStale(file: string, stale: readonly StaleCell[], ipynb: string): false {
  const cells = stale.map(({ number, title, lines }) => [
    `cell ${number}  ${title}`,
    ...lines.map((line) => `  ${line}`),
  ]);
  const isFailed = stale.some(({ isFailure }) => isFailure);
  const differ = `${counted(stale.length)} ${stale.length === 1 ? 'differs' : 'differ'}`;
  tell(
    [
      existsSync(ipynb) ? `${file} is not as ${ipynb} has it: ${differ}` : `${file} cannot be kept in ${ipynb}`,
      ...cells.flat(),
      isFailed ? 'what fails is not kept; the tag raises-exception says that a cell may' : keeping(file),
    ].join('\n'),
  );
  return false;
}

const keeping = (file: string): string => `\`servelab notebook check ${file} --write\` keeps what it puts out now`;

const counted = (count: number): string => `${count} ${count === 1 ? 'cell' : 'cells'}`;
