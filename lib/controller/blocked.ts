/** Killed replicas that have not ended, as native code holds them: they go on using memory and a core. */
export class Blocked {
  readonly #ends = new Set<Promise<void>>();
  readonly #most: () => number;

  /** `most`: beyond so many, starts wait for one to end. */
  constructor(most: () => number) {
    this.#most = most;
  }

  add(gone: Promise<void>): void {
    this.#ends.add(gone);
    void gone.finally(() => this.#ends.delete(gone));
  }

  /** Resolves when they are few enough, or when nobody wants to start any more. */
  async few(isOver: () => boolean): Promise<void> {
    while (this.#ends.size > this.#most() && !isOver()) await Promise.race(this.#ends);
  }

  /** Resolves when those there are have ended, after `ms` at the latest. */
  async ended(ms: number): Promise<void> {
    await Promise.race([Promise.all(this.#ends), after(ms)]);
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
