/** Checkpoints on disk: for an instance that comes back with everything it had, however it ended. */
import type { Checkpoint } from '../controller/checkpoint.ts';
import type { TargetState } from '../controller/operations.ts';
import type { HistoryEntry } from '../domain/history.ts';
import { type Journal, openJournal, type Revision } from '../store/journal.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Checkpoints } from './checkpoints.ts';
import { decodeState, encodeState } from './state-codec.ts';

/** `warn`: something was damaged, or cannot be copied, and what is done about it. Rejects as `openSqliteStore`. */
export async function openCheckpoints(directory: string, warn: (message: string) => void): Promise<DurableCheckpoints> {
  const journal = await openJournal(await openSqliteStore(directory, { onWarning: warn }));
  try {
    if (journal.notice !== null) warn(journal.notice);
    const latest = await journal.latest();
    return new DurableCheckpoints(journal, latest && (await stateOf(journal, latest)));
  } catch (error) {
    await journal.close();
    throw error;
  }
}

export class DurableCheckpoints implements Checkpoints {
  readonly latest: TargetState | null;
  readonly #journal: Journal;
  /** Hashes of what is written down already, so that it is not written again. */
  readonly #written = new WeakMap<object, string>();

  constructor(journal: Journal, latest: TargetState | null) {
    this.#journal = journal;
    this.latest = latest;
  }

  async append({ state, ...what }: Checkpoint): Promise<void> {
    const { plain, values } = encodeState(state);
    const parts = new Map([...values].map(([name, value]) => [name, this.#hashOf(value.live) ?? value.bytes()]));
    const written = await this.#journal.append({ ...what, state: plain, parts });
    for (const [name, { live }] of values) {
      const hash = written.parts.get(name);
      if (hash !== undefined && isObject(live)) this.#written.set(live, hash);
    }
  }

  history(): readonly HistoryEntry[] {
    return this.#journal.history();
  }

  async stateAt(revision: number): Promise<TargetState> {
    return stateOf(this.#journal, await this.#journal.stateAt(revision));
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  destroy(): Promise<void> {
    return this.#journal.destroy();
  }

  /** Of a value that the newest revision has; one that only older ones have may have been dropped. */
  #hashOf(live: unknown): string | undefined {
    return isObject(live) ? this.#written.get(live) : undefined;
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

async function stateOf(journal: Journal, { revision, state, parts }: Revision): Promise<TargetState> {
  const bytes = await Promise.all([...parts].map(async ([name, hash]) => [name, await journal.part(hash)] as const));
  return decodeState(revision, state, new Map(bytes));
}
