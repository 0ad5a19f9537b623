/** Tells each router that shares no memory with its replica how much that holds of the others, while it holds something. */
import type { Receivers } from './receivers.ts';

/** How often, in ms. */
const PERIOD_MS = 50;

export class OthersReport {
  readonly #receivers: Receivers;
  #isDue = false;

  constructor(receivers: Receivers) {
    this.#receivers = receivers;
  }

  /** A query has come. */
  begin(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(this.#report, PERIOD_MS).unref();
  }

  #report = (): void => {
    this.#isDue = false;
    // A router counts its own queries itself.
    const held = [...this.#receivers.open].map((receiver) => [receiver, receiver.held] as const);
    const all = held.reduce((sum, [, count]) => sum + count, 0);
    for (const [receiver, count] of held) receiver.tellOthers(all - count);
    if (all > 0) this.begin();
  };
}
