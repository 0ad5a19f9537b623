import { setMaxListeners } from 'node:events';
import { Interrupted } from './interrupts.ts';

/** One cell while it runs. Its code that waits has this as `__cell`. */
export class Cell {
  /** What it came to; not waited for, also if it is a promise. */
  value: unknown = undefined;
  readonly #controller = new AbortController();
  readonly #guard: () => void;
  readonly #interrupted = Promise.withResolvers<never>();

  constructor(guard: () => void) {
    this.#guard = guard;
    setMaxListeners(0, this.#controller.signal);
    this.#interrupted.promise.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Rejects when it is interrupted. */
  get interrupted(): Promise<never> {
    return this.#interrupted.promise;
  }

  /** Throws Interrupted if it was interrupted: then nobody waits for it any more, and it must not go on. */
  check(): void {
    this.#guard();
    this.signal.throwIfAborted();
  }

  interrupt(): void {
    const reason = new Interrupted();
    this.#interrupted.reject(reason);
    this.#controller.abort(reason);
  }
}
