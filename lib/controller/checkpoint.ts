import type { HistoryEntry } from '../domain/history.ts';
import type { TargetState } from './operations.ts';

/** Who asks for a change, and the change in one line, for who reads the history. */
export type Note = Pick<HistoryEntry, 'author' | 'summary'>;

/** A change, and the state it leads to. */
export interface Checkpoint extends Pick<HistoryEntry, 'operation' | 'author' | 'summary'> {
  readonly state: TargetState;
}
