/** What the session's control thread does to interrupt its main thread, whatever that is doing. */
import { ARMED, ASKED, PHASE, SIGNALLING } from './interrupts.ts';

const GRACE_MS = 50;
const STEP_MS = 20;

export interface InterruptOptions {
  /** How long to try, in milliseconds. Default: 1000. */
  readonly limitMs?: number;
}

/** For a thread that is not the main one. `interrupts`: what the Evaluator was given, too. */
export class Interrupter {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(interrupts: SharedArrayBuffer) {
    this.#words = new Int32Array(interrupts);
  }

  /**
   * Resolves with `taken` when the main thread has heard of it: what runs or waits has ended, and if nothing did,
   * nothing has. `stuck`: it is in code that neither asks nor can be ended, as a counted loop in a callback; it will
   * hear of it when that returns. The signal is only sent to what nothing else ends, and is gone before anything
   * else runs.
   */
  async interrupt({ limitMs = 1_000 }: InterruptOptions = {}): Promise<'taken' | 'stuck'> {
    const end = performance.now() + limitMs;
    Atomics.store(this.#words, ASKED, 1);
    Atomics.notify(this.#words, ASKED);
    let isOver = await this.#isTakenWithin(GRACE_MS);
    while (!isOver && performance.now() < end) {
      if (Atomics.compareExchange(this.#words, PHASE, ARMED, SIGNALLING) === ARMED) process.kill(process.pid, 'SIGINT');
      isOver = await this.#isTakenWithin(STEP_MS);
    }
    return isOver ? 'taken' : 'stuck';
  }

  async #isTakenWithin(limitMs: number): Promise<boolean> {
    await Atomics.waitAsync(this.#words, ASKED, 1, limitMs).value;
    return Atomics.load(this.#words, ASKED) === 0;
  }
}
