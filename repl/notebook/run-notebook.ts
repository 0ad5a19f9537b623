/** Runs the cells of a notebook, in order, in a session of their own. */
import { basename, dirname } from 'node:path';
import { newId } from '../new-id.ts';
import type { CellRun, NotebookRun, Outcome, RunOptions } from './cell-run.ts';
import { type CellOutput, type Notebook, type NotebookCell, tagsOf } from './model.ts';
import { NotebookSession } from './notebook-session.ts';
import { CellOutputs } from './outputs.ts';
import { runCell } from './running-cell.ts';

/** Rejects when there is no session to be had. */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<NotebookRun> {
  const outputs = new CellOutputs();
  const session = await NotebookSession.start({
    directory: dirname(options.path),
    instance: options.instance,
    codes: notebook.cells.filter(({ kind }) => kind === 'code').map(({ source }) => source),
    show: (output) => {
      outputs.take(output);
      options.shows(output);
    },
  });
  try {
    return await runCells(notebook, options, session, outputs);
  } finally {
    await session.end();
  }
}

async function runCells(
  notebook: Notebook,
  options: RunOptions,
  session: NotebookSession,
  outputs: CellOutputs,
): Promise<NotebookRun> {
  const runs: CellRun[] = [];
  const ids = notebook.cells.map(() => newId());
  const counts: (number | null)[] = [];
  let status: NotebookRun['status'] = 'done';
  for (const [at, cell] of notebook.cells.entries()) {
    const id = ids[at] ?? '';
    if (options.stop.aborted) status = 'interrupted';
    const idle = idleOutcome(cell, status);
    if (idle !== null) {
      runs.push({ cell, outcome: idle, ms: 0, failure: null });
      continue;
    }
    options.begins(cell, at);
    outputs.begin(id);
    const { run, count, isOver } = await runCell({
      cell,
      id,
      file: fileOf(options.path, at),
      session,
      options,
      outputs,
    });
    counts[at] = count;
    runs.push(run);
    options.ends(run, at);
    if (run.outcome === 'interrupted') status = 'interrupted';
    else if (run.outcome === 'failed' && (isOver || !options.allowErrors)) status = 'failed';
  }
  // Only now: what a timer prints belongs to the cell that has set it.
  const cells = runs.map(({ cell, outcome }, at) =>
    withOutputs(cell, outcome, counts[at] ?? null, outputs.of(ids[at] ?? '')),
  );
  return {
    notebook: { ...notebook, cells },
    cells: runs.map((run, at) => ({ ...run, cell: cells[at] ?? run.cell })),
    status,
  };
}

/** Why it does not run; null: it does. */
function idleOutcome(cell: NotebookCell, status: NotebookRun['status']): Outcome | null {
  if (cell.kind !== 'code' || cell.source.trim() === '') return 'text';
  if (tagsOf(cell).includes('skip')) return 'skipped';
  return status === 'done' ? null : 'unreached';
}

/** What its errors call a cell: a file's own lines, or those of a cell in what is no text. */
function fileOf(path: string, at: number): string {
  const name = basename(path);
  return name.endsWith('.ipynb') ? `${name}#${at + 1}` : name;
}

function withOutputs(
  cell: NotebookCell,
  outcome: Outcome,
  executionCount: number | null,
  outputs: readonly CellOutput[],
): NotebookCell {
  if (cell.kind !== 'code') return cell;
  const hasRun = ['ok', 'raised', 'failed', 'interrupted'].includes(outcome);
  return { ...cell, outputs: hasRun ? outputs : [], executionCount: hasRun ? executionCount : null };
}
