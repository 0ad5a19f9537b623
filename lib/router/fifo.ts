/** A queue whose items may be over before their turn; those are skipped, and swept out when they are the majority. */
export class Fifo<Item extends { readonly isOver: boolean }> {
  #items: Item[] = [];
  #head = 0;
  #left = 0;

  /** Items that still wait. */
  get size(): number {
    return this.#items.length - this.#head - this.#left;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Puts an item back in front. */
  putBack(item: Item): void {
    if (this.#head > 0) this.#items[--this.#head] = item;
    else this.#items.unshift(item);
  }

  shift(): Item | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head++];
      const isWaiting = item !== undefined && !item.isOver;
      if (!isWaiting) this.#left--;
      if (this.#head > 1024 && this.#head * 2 > this.#items.length) this.#compact();
      if (isWaiting) return item;
    }
    return undefined;
  }

  /** To be called for each item that is over while it waits. */
  itemLeft(): void {
    this.#left++;
    if (this.#left > 1024 && this.#left > this.size) this.#compact();
  }

  waiting(): Item[] {
    return this.#items.slice(this.#head).filter((item) => !item.isOver);
  }

  #compact(): void {
    this.#items = this.waiting();
    this.#head = 0;
    this.#left = 0;
  }
}
