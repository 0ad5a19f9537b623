/** One that holds the thread this long ends the turn, in ms. */
const LONG_MS = 1;

/**
 * Runs items as they come, but after one that held the thread for long the next one waits for a later turn. In between,
 * answers leave, cancellations and health checks arrive, and what has not run can still be taken elsewhere.
 */
export class RunQueue<Item> {
  readonly #run: (item: Item) => void;
  #waiting: Item[] = [];
  #isYielding = false;
  #isHeld = false;

  constructor(run: (item: Item) => void) {
    this.#run = run;
  }

  push(item: Item): void {
    if (this.#isHeld || this.#isYielding) this.#waiting.push(item);
    else this.#runNow(item);
  }

  /** Keeps items from running until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#runWaiting();
  }

  #runNow(item: Item): void {
    const began = performance.now();
    this.#run(item);
    if (performance.now() - began >= LONG_MS) this.#yield();
  }

  #yield(): void {
    if (this.#isYielding) return;
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      this.#runWaiting();
    });
  }

  #runWaiting(): void {
    const waiting = this.#waiting;
    let next = 0;
    while (next < waiting.length && !this.#isHeld && !this.#isYielding) this.#runNow(waiting[next++] as Item);
    if (next > 0) this.#waiting = waiting.slice(next);
  }
}
