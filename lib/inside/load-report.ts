/** Tells the instance, and each router, how much a replica holds that shares no memory with them: now and then, when it has changed. */
import type { Receivers } from './receivers.ts';

/** How often, in ms. */
const PERIOD_MS = 50;

export class LoadReport {
  readonly #load: Int32Array;
  readonly #receivers: Receivers;
  readonly #tell: (load: readonly number[]) => void;
  #told = '';

  constructor(load: Int32Array, receivers: Receivers, tell: (load: readonly number[]) => void) {
    this.#load = load;
    this.#receivers = receivers;
    this.#tell = tell;
    setInterval(() => this.#report(), PERIOD_MS).unref();
  }

  #report(): void {
    const load = [...this.#load];
    const text = load.join();
    if (text !== this.#told) this.#tell(load);
    this.#told = text;
    // A router counts its own queries itself.
    const held = [...this.#receivers.open].map((receiver) => [receiver, receiver.held] as const);
    const all = held.reduce((sum, [, count]) => sum + count, 0);
    for (const [receiver, count] of held) receiver.tellOthers(all - count);
  }
}
