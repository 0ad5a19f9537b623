/** Many at once, or one alone. */
export class Gate {
  readonly #inside = new Set<Promise<unknown>>();
  #alone: Promise<unknown> | null = null;

  /** Begins at once, unless one is alone or waits to be. */
  async shared<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#alone) await this.#alone;
    const result = work();
    const settled = result.catch(() => {}); // its own caller is told
    this.#inside.add(settled);
    return result.finally(() => this.#inside.delete(settled));
  }

  /** Begins when those inside are done; others wait meanwhile. */
  async exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#alone) await this.#alone;
    const result = Promise.all(this.#inside).then(work);
    const settled = result.catch(() => {});
    this.#alone = settled;
    return result.finally(() => {
      this.#alone = null;
    });
  }
}
