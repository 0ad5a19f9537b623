/** How much a replica holds, for the instance and for routers that share no memory with it: told while it works. */
import type { Receivers } from './receivers.ts';

/** How often, in ms. */
const PERIOD_MS = 50;

export class LoadReport {
  readonly #load: Int32Array;
  readonly #receivers: Receivers;
  readonly #tell: (load: readonly number[]) => void;
  #told = '';
  #isDue = false;

  constructor(load: Int32Array, receivers: Receivers, tell: (load: readonly number[]) => void) {
    this.#load = load;
    this.#receivers = receivers;
    this.#tell = tell;
  }

  /** A query has come: what is held is told from now on, until it is nothing and that was told. */
  begin(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(this.#report, PERIOD_MS).unref();
  }

  #report = (): void => {
    const load = [...this.#load];
    const text = load.join();
    const isNew = text !== this.#told;
    if (isNew) this.#tell(load);
    this.#told = text;
    // A router counts its own queries itself.
    const held = [...this.#receivers.open].map((receiver) => [receiver, receiver.held] as const);
    const all = held.reduce((sum, [, count]) => sum + count, 0);
    for (const [receiver, count] of held) receiver.tellOthers(all - count);
    this.#isDue = false;
    if (isNew || load.some((count) => count > 0)) this.begin();
  };
}
