/** What an instance and its replicas print, as its log has it. */

import { messageOf } from './failure.ts';

/** Gives the last lines, then those to come, until the signal aborts. Rejects where there is none. */
export type FollowLog = (last: number, signal: AbortSignal, take: (lines: readonly string[]) => void) => Promise<void>;

/** Never changed: a new one takes its place. */
export interface LogLines {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Why there are none. */
  readonly problem: string | null;
}

export const NO_LOG: LogLines = { lines: [], problem: null };
const KEPT_LINES = 2_000;
/** A log that prints thousands of lines a second is shown no faster. */
const PERIOD_MS = 100;

export class InstanceLog {
  readonly #follow: FollowLog;
  readonly #listeners = new Set<() => void>();
  #following: { readonly stopping: AbortController; readonly done: Promise<void> } | null = null;
  #log = NO_LOG;
  #newLines: string[] = [];
  #soon: NodeJS.Timeout | null = null;

  constructor(follow: FollowLog) {
    this.#follow = follow;
  }

  get = (): LogLines => this.#log;

  /** Returns the function that ends the subscription. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** From when it is looked at for the first time; again where it had failed. */
  start(): void {
    if (this.#following !== null) return;
    const stopping = new AbortController();
    const done = this.#follow(KEPT_LINES, stopping.signal, (lines) => this.#take(lines)).catch((error: unknown) => {
      this.#following = null;
      this.#set({ ...this.#log, problem: messageOf(error) });
    });
    this.#following = { stopping, done };
  }

  async stop(): Promise<void> {
    if (this.#soon !== null) clearTimeout(this.#soon);
    const following = this.#following;
    following?.stopping.abort();
    await following?.done;
  }

  #take(lines: readonly string[]): void {
    this.#newLines = [...this.#newLines, ...lines].slice(-KEPT_LINES);
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#set({ lines: [...this.#log.lines, ...this.#newLines.splice(0)].slice(-KEPT_LINES), problem: null });
    }, PERIOD_MS);
  }

  #set(log: LogLines): void {
    this.#log = log;
    for (const listener of [...this.#listeners]) listener();
  }
}
