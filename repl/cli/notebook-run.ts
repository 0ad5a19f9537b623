import { basename, dirname, resolve } from 'node:path';
import { messageOf } from '../message-of.ts';
import type { NotebookRun } from '../notebook/cell-run.ts';
import { exportText } from '../notebook/export.ts';
import { runKey, withKey } from '../notebook/freshness.ts';
import { junitText } from '../notebook/junit.ts';
import type { JsonValue, Notebook } from '../notebook/model.ts';
import { readNotebook } from '../notebook/notebook-file.ts';
import { hasParameters, readParameter, withParameters } from '../notebook/parameters.ts';
import { runNotebook } from '../notebook/run-notebook.ts';
import { Exit, tell, UsageError } from './failure.ts';
import {
  type RunCommandOptions,
  requireNotebook,
  requireRoomFor,
  type Target,
  targetOf,
  writeOver,
  writeTarget,
} from './notebook-options.ts';
import { NotebookProgress } from './notebook-progress.ts';
import { withOwnStdout } from './output.ts';
import { PrintedOutputs } from './printed-outputs.ts';
import { stopBySignal } from './stop-by-signal.ts';

/** `servelab notebook run`. Throws Exit with 1 when a cell has failed, and with a signal's code. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<void> {
  requireNotebook(file);
  const target = targetOf(file, options);
  const { parameter = [] } = options;
  const parameters = parametersOf(parameter);
  await requireRoomFor([target?.file, options.junit]);
  // A reader that leaves, as `head`, does not keep the notebook from being run and written.
  process.stdout.on('error', () => {});
  const given = await readNotebook(resolve(file), file);
  if (parameter.length > 0 && !hasParameters(given)) {
    tell(`'${file}' has no cell with the tag parameters: what -p gives is set before its first cell`);
  }
  await requireDeclared(file, given, Object.keys(parameters));
  const notebook = withParameters(given, parameters);
  const stop = stopBySignal();
  const progress = new NotebookProgress(notebook, file);
  const printed = target === null ? new PrintedOutputs(progress.makeWay) : null;
  const work = (): Promise<NotebookRun> =>
    runNotebook(notebook, {
      path: resolve(file),
      instance: options.name ?? null,
      timeoutMs: options.timeout === undefined ? null : options.timeout * 1000,
      allowErrors: options.allowErrors ?? false,
      stop: stop.signal,
      begins: (cell, at) => progress.begins(cell, at),
      ends: (cell, at) => {
        printed?.cellEnds();
        progress.ends(cell, at);
      },
      shows: (output) => printed?.take(output),
    });
  const run = await (target === null ? work() : withOwnStdout(work));
  const isWhole = parameter.length === 0 && run.cells.every(({ outcome }) => WHOLE.includes(outcome));
  const key = isWhole ? await runKey(given, dirname(resolve(file))) : null;
  if (target !== null) await keep(withKey(run.notebook, key), target, file);
  if (options.junit !== undefined) await writeOver(options.junit, junitText(run, file));
  progress.over(run, target);
  if (run.status === 'interrupted') throw new Exit(stop.exitCode);
  if (run.status === 'failed') throw new Exit(1);
}

/** A name that was mistyped would leave the default where it is, and say nothing. Throws a UsageError. */
async function requireDeclared(file: string, notebook: Notebook, given: readonly string[]): Promise<void> {
  if (given.length === 0 || !hasParameters(notebook)) return;
  const [{ declaredParameters }, { didYouMean }] = await Promise.all([
    import('../notebook/declared-parameters.ts'),
    import('../commands/nearest.ts'),
  ]);
  const declared = declaredParameters(notebook);
  const unknown = given.find((name) => !declared.includes(name));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, declared);
  throw new UsageError(`'${file}' has no parameter '${unknown}'${near}; it has ${declared.join(', ') || 'none'}`);
}

/** Outcomes of cells whose outputs are what the notebook shows. */
const WHOLE: readonly string[] = ['ok', 'raised', 'skipped', 'text'];

const keep = async (notebook: Notebook, target: Target, file: string): Promise<void> =>
  writeTarget(target, await exportText(notebook, target.format, basename(file)));

function parametersOf(given: readonly string[]): Readonly<Record<string, JsonValue>> {
  try {
    return Object.fromEntries(given.map(readParameter));
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
