/** A notebook as two files: its source as `.ts`, and the same with outputs as `.ipynb` beside it. */
import { existsSync } from 'node:fs';
import type { Notebook } from './model.ts';
import { ownOf, withOwn } from './model.ts';
import { formatOf } from './notebook-file.ts';
import { EXECUTION } from './percent.ts';

export interface Pair {
  readonly ts: string;
  readonly ipynb: string;
  /** What its source is read from: the `.ts` if there is one. */
  readonly source: string;
}

/** Of either of the two. */
export function pairOf(path: string): Pair {
  const stem = path.replace(/\.(?:ts|ipynb)$/, '');
  const ts = `${stem}.ts`;
  const ipynb = `${stem}.ipynb`;
  return { ts, ipynb, source: formatOf(path) === 'ts' || existsSync(ts) ? ts : ipynb };
}

/** The same with the outputs that `kept` has for cells of the same ids, and with what its run is known by. */
export function withOutputsOf(notebook: Notebook, kept: Notebook): Notebook {
  const others = new Map(kept.cells.map((cell) => [cell.id, cell]));
  const cells = notebook.cells.map((cell) => {
    const other = cell.kind === 'code' ? others.get(cell.id) : undefined;
    return other?.kind === 'code' ? { ...cell, outputs: other.outputs, executionCount: other.executionCount } : cell;
  });
  const { [EXECUTION]: execution = null } = ownOf(kept.metadata);
  return { ...notebook, cells, metadata: withOwn(notebook.metadata, EXECUTION, execution) };
}
