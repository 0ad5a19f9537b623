/** What is told of a cell that a notebook's run came to. */
import type { Output } from '../session/protocol.ts';
import type { Notebook, NotebookCell } from './model.ts';

export interface RunOptions {
  /** Where it was read from: its imports are relative to it. */
  readonly path: string;
  /** See NotebookSessionOptions. */
  readonly instance: string | null;
  /** For each cell, in ms. Null: as long as it takes. */
  readonly timeoutMs: number | null;
  /** Goes on behind a cell that fails. */
  readonly allowErrors: boolean;
  /** Ends it: the cell that runs is interrupted, and killed with its session when it does not heed that. */
  readonly stop: AbortSignal;
  /** The cell at this place begins. */
  begins(cell: NotebookCell, at: number): void;
  ends(run: CellRun, at: number): void;
  shows(output: Output): void;
}

/**
 * `raised`: it failed, as its tag `raises-exception` allows; `skipped`: its tag says so; `unreached`: one before it
 * failed; `text`: it is none of code, or has none.
 */
export type Outcome = 'ok' | 'raised' | 'failed' | 'interrupted' | 'skipped' | 'unreached' | 'text';

export interface CellRun {
  readonly cell: NotebookCell;
  readonly outcome: Outcome;
  readonly ms: number;
  /** Of what failed, was stopped, or raised what it may. */
  readonly failure: CellFailure | null;
}

export interface CellFailure {
  readonly name: string;
  readonly message: string;
  /** As the session shows it: the user's frames first. */
  readonly text: string;
  /** `file:line:column`, of the user's code; null: it has no place there. */
  readonly place: string | null;
}

export interface NotebookRun {
  /** With the outputs of this run. */
  readonly notebook: Notebook;
  readonly cells: readonly CellRun[];
  readonly status: 'done' | 'failed' | 'interrupted';
}
