/** Many at once, or one alone. */
export class Gate {
  readonly #inside = new Set<Promise<void>>();
  #alone: Promise<void> | null = null;

  /** Begins at once, unless one is alone or waits to be. */
  async shared<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#alone) await this.#alone;
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    this.#inside.add(left);
    try {
      return await work();
    } finally {
      this.#inside.delete(left);
      leave();
    }
  }

  /** Begins when those inside are done; others wait meanwhile. */
  async exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#alone) await this.#alone;
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    this.#alone = left;
    try {
      await Promise.all(this.#inside);
      return await work();
    } finally {
      this.#alone = null;
      leave();
    }
  }
}
