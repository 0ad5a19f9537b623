/** What a notebook's outputs are against those that are kept, cell by cell. */
import type { NotebookRun } from './cell-run.ts';
import { type Notebook, type NotebookCell, titleOf } from './model.ts';
import { comparableLines } from './normalize.ts';

export interface StaleCell {
  /** From 1. */
  readonly number: number;
  readonly title: string;
  /** What is the matter, and what differs, a line each. */
  readonly lines: readonly string[];
  readonly isFailure: boolean;
}

/** Of each side. */
const MOST_LINES = 8;
const LONGEST_LINE = 160;

/** Cells that are not kept as they are, and cells that are kept and are no more; nothing needs to run to see that. */
export function changedCells(notebook: Notebook, kept: Notebook): readonly StaleCell[] {
  const others = new Map(kept.cells.map((cell) => [cell.id, cell]));
  const changed = notebook.cells.flatMap((cell, at): StaleCell[] => {
    const other = others.get(cell.id);
    others.delete(cell.id);
    if (other?.kind === cell.kind && other.source === cell.source) return [];
    return [staleCell(at + 1, cell, [other ? 'its source has changed' : 'it is new, or changed'])];
  });
  const gone = [...others.values()].map((cell) =>
    staleCell(kept.cells.indexOf(cell) + 1, cell, ['it is there only in what is kept']),
  );
  return changed.length > 0 ? changed : gone;
}

/** Cells that put out something else than is kept, or failed. `directories`: see `comparableLines`. */
export function staleCells(run: NotebookRun, kept: Notebook, directories: readonly string[]): readonly StaleCell[] {
  const others = new Map(kept.cells.map((cell) => [cell.id, cell]));
  return run.cells.flatMap(({ cell, outcome, failure }, at): StaleCell[] => {
    if (outcome === 'failed' || outcome === 'interrupted') {
      const place = failure?.place ? ` (${failure.place})` : '';
      return [staleCell(at + 1, cell, [`it fails: ${failure?.name}: ${failure?.message}${place}`], true)];
    }
    if (outcome !== 'ok' && outcome !== 'raised') return [];
    const before = outputLines(others.get(cell.id) ?? cell, cell, directories);
    const now = outputLines(cell, cell, directories);
    const found = difference(before, now);
    return found.length === 0 ? [] : [staleCell(at + 1, cell, found)];
  });
}

const staleCell = (number: number, cell: NotebookCell, lines: readonly string[], isFailure = false): StaleCell => ({
  ...{ number, title: titleOf(cell), lines, isFailure },
});

const outputLines = (
  { outputs }: NotebookCell,
  cell: NotebookCell,
  directories: readonly string[],
): readonly string[] => (outputs.length === 0 ? [] : comparableLines(cell, outputs, directories));

/** From the first line that differs to the last, `-` as kept, `+` as it is now; nothing where all is the same. */
export function difference(before: readonly string[], now: readonly string[]): readonly string[] {
  const start = before.findIndex((line, at) => line !== now[at]);
  const first = start < 0 ? before.length : start;
  if (first === before.length && first === now.length) return [];
  const most = Math.min(before.length, now.length) - first;
  let same = 0;
  while (same < most && before.at(-1 - same) === now.at(-1 - same)) same++;
  return [...side('-', before.slice(first, before.length - same)), ...side('+', now.slice(first, now.length - same))];
}

function side(mark: string, lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => `${mark} ${line.slice(0, LONGEST_LINE)}`);
  return lines.length > MOST_LINES ? [...shown, `${mark} … ${lines.length - MOST_LINES} more lines`] : shown;
}
