/**
 * Collects queries into batches: a batch is due when it is full, or when its first query has waited long enough.
 *
 * A due batch runs at the end of the turn, so that all that has arrived by then comes along, and one batch a turn, so
 * that the answers of a batch leave before the next one blocks the thread.
 */
export class BatchQueue<Item> {
  readonly #run: (batch: Item[]) => void;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isScheduled = false;
  #isHeld = false;
  #maxSize = 1;
  #waitTimeoutMs = 0;

  constructor(run: (batch: Item[]) => void) {
    this.#run = run;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Applies from the next batch on. `maxSize` items >= 1, `waitTimeoutMs` >= 0 from a batch's first item. */
  configure(maxSize: number, waitTimeoutMs: number): void {
    this.#maxSize = maxSize;
    this.#waitTimeoutMs = waitTimeoutMs;
    this.#stopTimer();
    this.#settle();
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#settle();
  }

  remove(item: Item): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
    if (this.#items.length === 0) this.#stopTimer();
  }

  /** Keeps batches from running until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#settle();
  }

  #settle(): void {
    if (this.#items.length === 0 || this.#isHeld) return;
    if (this.#items.length >= this.#maxSize || this.#waitTimeoutMs === 0) this.#schedule();
    else this.#timer ??= setTimeout(() => this.#schedule(), this.#waitTimeoutMs);
  }

  #schedule(): void {
    this.#stopTimer();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#isHeld || this.#items.length === 0) return;
      const batch = this.#items.splice(0, this.#maxSize);
      this.#settle();
      this.#run(batch);
    });
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
