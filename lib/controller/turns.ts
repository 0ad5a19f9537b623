/** What has the same key follows each other, in the order of the calls. */
export class Turns<Key> {
  readonly #last = new Map<Key, Promise<unknown>>();

  async take<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const turn = (async () => {
      await before?.catch(() => {}); // its own caller was told
      return work();
    })();
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
