/** The record of what was changed, as users see it. */
import { ServeError } from '../errors.ts';

/** One control change. */
export interface HistoryEntry {
  /** From 1, without gaps. */
  readonly revision: number;
  /** ISO time. */
  readonly at: string;
  /** Who asked for it: a user and the process, or a replica. */
  readonly author: string;
  /** What was done: `set-traffic`. */
  readonly operation: string;
  /** One line for a reader. May hold users' own names: print it escaped. */
  readonly summary: string;
}

/** How many of the last revisions are kept, unless told otherwise. */
export const KEPT_REVISIONS = 1_000;

/** INVALID_ARGUMENT, naming those there are. */
export function noSuchRevision(revision: unknown, first: number | undefined, last: number | undefined): ServeError {
  const kept = first === undefined ? 'nothing has been changed yet' : `${first} to ${last} are kept; see history()`;
  return new ServeError('INVALID_ARGUMENT', `there is no revision ${String(revision)}: ${kept}`);
}
