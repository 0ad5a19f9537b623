/** What `using` holds at the top of cells: until the session ends, as its names do. */
export class Resources {
  readonly #held: { readonly value: object; readonly dispose: () => unknown }[] = [];

  /** False: it cannot be disposed of. */
  hold(value: unknown, isAsync: boolean): boolean {
    if (value === null || value === undefined) return true;
    const owner = Object(value) as { [Symbol.dispose]?: () => unknown; [Symbol.asyncDispose]?: () => unknown };
    const dispose = (isAsync ? owner[Symbol.asyncDispose] : undefined) ?? owner[Symbol.dispose];
    if (typeof dispose !== 'function') return false;
    this.#held.push({ value: owner, dispose });
    return true;
  }

  /** The last first. Rejects with what they throw, after all. */
  async dispose(): Promise<void> {
    const errors: unknown[] = [];
    for (const { value, dispose } of this.#held.splice(0).reverse()) {
      try {
        await dispose.call(value);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'what `using` held could not be disposed of');
  }
}
