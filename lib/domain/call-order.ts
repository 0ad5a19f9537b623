/** Keeps calls about one thing in the order in which they were made, though what they need takes them unequally long. */
export class CallOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Settles as `prepared`, which is under way already, but not before those given earlier under this name. */
  async after<T>(name: string, prepared: Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const both = Promise.allSettled([before, prepared]);
    this.#last.set(name, both);
    await before;
    try {
      return await prepared;
    } finally {
      if (this.#last.get(name) === both) this.#last.delete(name);
    }
  }
}
