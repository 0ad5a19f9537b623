/** What commands keep from one run to the next, as long as the session is at one instance; each by its class. */
export class Memory {
  readonly #kept = new Map<new () => unknown, unknown>();

  of<Kept>(kind: new () => Kept): Kept {
    const found = (this.#kept.get(kind) as Kept | undefined) ?? new kind();
    this.#kept.set(kind, found);
    return found;
  }
}
