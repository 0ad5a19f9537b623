/** What an instance keeps of its changes: every state it was brought to, so that it can be brought there again. */
import type { Checkpoint } from '../controller/checkpoint.ts';
import type { TargetState } from '../controller/operations.ts';
import { type HistoryEntry, KEPT_REVISIONS, noSuchRevision } from '../domain/history.ts';

export interface Checkpoints {
  /** The state to begin with; null: nothing was ever changed. */
  readonly latest: TargetState | null;
  /** Resolves once the change would survive whatever these are to survive. Rejects with nothing written. */
  append(change: Checkpoint): void | Promise<void>;
  /** Oldest first; the last thousand. */
  history(): readonly HistoryEntry[];
  /** Rejects INVALID_ARGUMENT when it is not kept. */
  stateAt(revision: number): Promise<TargetState>;
  /** Lets go of them; they stay. */
  close(): Promise<void>;
  /** Deletes them for good. */
  destroy(): Promise<void>;
}

/** For an instance that ends with its owner: as long as it lives, and the states as they are, nothing copied. */
export class MemoryCheckpoints implements Checkpoints {
  readonly latest = null;
  readonly #kept: { readonly entry: HistoryEntry; readonly state: TargetState }[] = [];

  append({ state, ...what }: Checkpoint): void {
    this.#kept.push({ entry: { revision: state.revision, at: new Date().toISOString(), ...what }, state });
    if (this.#kept.length > KEPT_REVISIONS) this.#kept.shift();
  }

  history(): readonly HistoryEntry[] {
    return this.#kept.map(({ entry }) => entry);
  }

  async stateAt(revision: number): Promise<TargetState> {
    const found = this.#kept.find(({ entry }) => entry.revision === revision);
    if (found) return found.state;
    throw noSuchRevision(revision, this.#kept[0]?.entry.revision, this.#kept.at(-1)?.entry.revision);
  }

  async close(): Promise<void> {}

  async destroy(): Promise<void> {}
}
