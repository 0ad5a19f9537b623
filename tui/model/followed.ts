/** What is followed while somebody looks at it, beside what the instance itself is asked for. */
import { messageOf } from './failure.ts';

/** Gives values until the signal aborts, each a new one. Rejects where there is nothing to follow. */
export type Follow<Value> = (signal: AbortSignal, give: (value: Value) => void) => Promise<void>;

interface Following {
  readonly stopping: AbortController;
  readonly done: Promise<void>;
}

export class Followed<Value extends { readonly problem: string | null }> {
  readonly #follow: Follow<Value>;
  readonly #listeners = new Set<() => void>();
  #following: Following | null = null;
  #value: Value;

  constructor(first: Value, follow: Follow<Value>) {
    this.#value = first;
    this.#follow = follow;
  }

  get = (): Value => this.#value;

  /** Returns the function that ends the subscription. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Again where it had failed, or was stopped. */
  start(): void {
    if (this.#following !== null) return;
    const stopping = new AbortController();
    const give = (value: Value): void => {
      if (!stopping.signal.aborted) this.#set(value);
    };
    const done = this.#follow(stopping.signal, give).catch((error: unknown) => {
      if (this.#following?.stopping === stopping) this.#following = null;
      give({ ...this.#value, problem: messageOf(error) });
    });
    this.#following = { stopping, done };
  }

  async stop(): Promise<void> {
    const following = this.#following;
    this.#following = null;
    following?.stopping.abort();
    await following?.done;
  }

  #set(value: Value): void {
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}
