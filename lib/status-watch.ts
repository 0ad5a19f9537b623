import type { Controls } from './controls.ts';
import type { ServeStatus } from './domain/status.ts';
import { isServeError } from './errors.ts';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Iterates over an instance's snapshots; ends when `return` is called or the instance is gone. */
export class StatusWatch implements AsyncIterableIterator<ServeStatus> {
  readonly #controls: Controls;
  readonly #onEnd: () => void;
  /** Calls of `next` that wait, each by the function that ends it. */
  readonly #waiting = new Set<(end: typeof DONE) => void>();
  #isEnded = false;
  #seen: number | null = null;

  constructor(controls: Controls, onEnd: () => void) {
    this.#controls = controls;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ServeStatus>> {
    if (this.#isEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      this.#next()
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(resolve));
    });
  }

  async return(): Promise<IteratorResult<ServeStatus>> {
    this.#isEnded = true;
    for (const end of this.#waiting) end(DONE);
    this.#waiting.clear();
    this.#onEnd();
    return DONE;
  }

  async #next(): Promise<IteratorResult<ServeStatus>> {
    try {
      const { serial, status } = await this.#controls.statusAfter(this.#seen);
      this.#seen = serial;
      return { done: false, value: status };
    } catch (error) {
      // Another client has shut the instance down: there is no more to see, which is no failure.
      if (isServeError(error) && error.code === 'CLIENT_CLOSED') return this.return();
      throw error;
    }
  }
}
