/** How a router and a replica settle which of them has a query: the replica says "started" just before user code runs. */
import { SLOTS_PER_PAGE, SlotStates } from './frames.ts';

/** The router's side. */
export interface SenderClaims {
  /**
   * False: they share memory, so a query can be taken back at any time. True: what has started is known for certain
   * only once the replica's process is gone.
   */
  readonly crossesProcesses: boolean;
  /** Makes room for one more slot. Returns what the replica must be sent for it; null = nothing. */
  addSlot(slot: number): SharedArrayBuffer | null;
  /** The slot holds another query. */
  reset(slot: number): void;
  /** Takes the query back. False: the replica has started it. */
  revoke(slot: number): boolean;
  close(): void;
}

/** The replica's side. */
export interface ReceiverClaims {
  readonly crossesProcesses: boolean;
  addPage(page: SharedArrayBuffer): void;
  /** The slot holds another query. */
  received(slot: number): void;
  /** Says "started". False: the router took the query back. */
  start(slot: number): boolean;
  close(): void;
}

/** Claims by compare-and-set on memory that both sides share; `page` is the first of it. */
export class SharedClaims implements SenderClaims, ReceiverClaims {
  readonly crossesProcesses = false;
  readonly #slots = new SlotStates();

  constructor(page: SharedArrayBuffer) {
    this.#slots.addPage(page);
  }

  addSlot(slot: number): SharedArrayBuffer | null {
    if (slot < this.#slots.size) return null;
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#slots.addPage(page);
    return page;
  }

  addPage(page: SharedArrayBuffer): void {
    this.#slots.addPage(page);
  }

  reset(slot: number): void {
    this.#slots.reset(slot);
  }

  revoke(slot: number): boolean {
    return this.#slots.revoke(slot);
  }

  received(): void {}

  start(slot: number): boolean {
    return this.#slots.start(slot);
  }

  close(): void {}
}

/** Whoever gets the query starts it at once: it can be neither taken back nor sent elsewhere. */
export const startedAtOnce = (crossesProcesses: boolean): SenderClaims & ReceiverClaims => ({
  crossesProcesses,
  addSlot: () => null,
  addPage() {},
  reset() {},
  received() {},
  start: () => true,
  revoke: () => false,
  close() {},
});
