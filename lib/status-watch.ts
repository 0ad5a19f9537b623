import type { Controls } from './controls.ts';
import type { ServeStatus } from './domain/status.ts';
import { isServeError } from './errors.ts';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Iterates over an instance's snapshots; ends when `return` is called or the instance is gone. */
export class StatusWatch implements AsyncIterableIterator<ServeStatus> {
  readonly #controls: Controls;
  readonly #onEnd: () => void;
  readonly #ended = Promise.withResolvers<typeof DONE>();
  #seen: number | null = null;

  constructor(controls: Controls, onEnd: () => void) {
    this.#controls = controls;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ServeStatus>> {
    return Promise.race([this.#ended.promise, this.#next()]);
  }

  async return(): Promise<IteratorResult<ServeStatus>> {
    this.#ended.resolve(DONE);
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
