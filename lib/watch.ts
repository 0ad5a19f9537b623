import { isServeError } from './errors.ts';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Iterates over what an instance tells; ends when `return` is called or the instance has been shut down. */
export class Watch<T> implements AsyncIterableIterator<T> {
  readonly #take: () => Promise<T>;
  readonly #onEnd: () => void;
  /** Calls of `next` that wait, each by the function that ends it. */
  readonly #waiting = new Set<(end: typeof DONE) => void>();
  #isEnded = false;

  /** `take`: what comes next. */
  constructor(take: () => Promise<T>, onEnd: () => void) {
    this.#take = take;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#isEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      this.#next()
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(resolve));
    });
  }

  async return(): Promise<IteratorResult<T>> {
    this.#isEnded = true;
    for (const end of this.#waiting) end(DONE);
    this.#waiting.clear();
    this.#onEnd();
    return DONE;
  }

  async #next(): Promise<IteratorResult<T>> {
    try {
      return { done: false, value: await this.#take() };
    } catch (error) {
      // Another client has shut the instance down: there is no more to see, which is no failure.
      if (isServeError(error) && error.code === 'CLIENT_CLOSED') return this.return();
      throw error;
    }
  }
}
