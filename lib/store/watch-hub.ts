/** Tells watchers of a store's own writes. For stores with one writer: whoever writes publishes, in order. */
import type { Change, Entry, Rev } from './store.ts';

export interface Snapshot {
  readonly entries: readonly Entry[];
  readonly rev: Rev;
}

type KeyChange = Extract<Change, { readonly key: string }>;

export class WatchHub {
  readonly #watchers = new Set<Watcher>();
  #closed: { readonly failure: Error | null } | null = null;

  publish(change: KeyChange): void {
    for (const watcher of this.#watchers) watcher.add(change);
  }

  /** `list` reads what is there; it is asked after listening has begun, so nothing falls between. */
  async *watch(
    prefix: string,
    signal: AbortSignal,
    list: (prefix: string) => Promise<Snapshot>,
  ): AsyncGenerator<Change, void, undefined> {
    if (this.#closed?.failure) throw this.#closed.failure;
    if (signal.aborted || this.#closed !== null) return;
    const watcher = new Watcher(prefix);
    const end = (): void => watcher.end(null);
    signal.addEventListener('abort', end);
    this.#watchers.add(watcher);
    try {
      const snapshot = await list(prefix).catch((error: unknown) => {
        if (watcher.isEnded && watcher.failure === null) return null;
        throw error;
      });
      if (snapshot === null) return;
      for (const entry of snapshot.entries) {
        if (watcher.isEnded) return;
        yield { type: 'put', ...entry };
      }
      if (!watcher.isEnded) yield { type: 'synced', rev: snapshot.rev };
      for await (const change of watcher.changes()) if (change.rev > snapshot.rev) yield change;
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', end);
    }
  }

  /** Ends every watch; with a failure it is thrown there, and by those begun later. */
  close(failure: Error | null): void {
    this.#closed = { failure };
    for (const watcher of this.#watchers) watcher.end(failure);
  }
}

/** What one reader has not read yet: per key the newest change, in the order of their revisions. */
class Watcher {
  readonly #prefix: string;
  readonly #unread = new Map<string, KeyChange>();
  #wake: () => void = () => {};
  failure: Error | null = null;
  isEnded = false;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(change: KeyChange): void {
    if (!change.key.startsWith(this.#prefix)) return;
    // Deleted first: a map keeps the place of a key it knows, and this change is newer than all that wait.
    this.#unread.delete(change.key);
    this.#unread.set(change.key, change);
    this.#wake();
  }

  end(failure: Error | null): void {
    this.isEnded = true;
    this.failure = failure;
    this.#wake();
  }

  async *changes(): AsyncGenerator<KeyChange, void, undefined> {
    while (!this.isEnded) {
      const [next] = this.#unread.values();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else {
        this.#unread.delete(next.key);
        yield next;
      }
    }
    if (this.failure !== null) throw this.failure;
  }
}
