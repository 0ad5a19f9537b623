/**
 * What one replica holds of its machine, over all its incarnations: each uses the lease of the one before it, and it is
 * released once, when the last one is really gone.
 */
import type { BackendTag } from '../domain/backend.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import type { Lease, Ledger, Needs, Waiting } from '../domain/resources.ts';
import { within } from './within.ts';

export interface ClaimParts {
  readonly backend: BackendTag;
  readonly replica: ReplicaTag;
  readonly needs: Needs;
  readonly ledger: Ledger;
  /** Of the replica's first incarnation; null: it is yet to be found. */
  readonly lease: Lease | null;
  /** Given up with the backend. */
  readonly signal: AbortSignal;
  /** What it waits for is something else now. */
  changed(): void;
}

/** What to do when the lease is no longer good and there is no other: fail, or join the queue. */
export type IfNone = 'refuse' | 'wait';

/** How long a new incarnation waits for its predecessor to be gone before it looks for another lease, in ms. */
const HANDOVER_MS = 2000;

export class Claim {
  readonly #parts: ClaimParts;
  #lease: Lease | null;
  /** Resolves when the incarnation that was ended last is gone; null when it is. */
  #going: Promise<void> | null = null;
  #waiting: Waiting | null = null;
  #isUsed = false;
  #isGivenUp = false;
  readonly #released = Promise.withResolvers<void>();

  constructor(parts: ClaimParts) {
    this.#parts = parts;
    this.#lease = parts.lease;
  }

  /** Physical indices of the GPUs it holds. */
  get gpus(): readonly number[] {
    return this.#lease?.gpus ?? [];
  }

  /** What it waits for; null when it does not. */
  get reason(): string | null {
    return this.#waiting?.reason ?? null;
  }

  /** Resolves when it is given up and holds nothing more. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** Resolves when another incarnation may start, or when this is given up. Rejects INSUFFICIENT_RESOURCES, if told to. */
  async ready(ifNone: IfNone): Promise<void> {
    await this.#takeOver();
    const { ledger } = this.#parts;
    if (this.#lease && !(await ledger.renew(this.#lease))) this.#release();
    if (this.#lease || this.#isGivenUp) return;
    const lease = await (ifNone === 'wait' ? this.#wait() : this.#acquire());
    if (this.#isGivenUp) lease.release();
    else this.#lease = lease;
  }

  /** An incarnation runs on it. */
  use(): void {
    this.#isUsed = true;
  }

  /** The incarnation that runs on it is being ended. */
  ended(gone: Promise<void>): void {
    this.#isUsed = false;
    const going = gone.then(() => {
      if (this.#going !== going) return;
      this.#going = null;
      if (this.#isGivenUp) this.#release();
    });
    this.#going = going;
  }

  /** No other incarnation comes. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#waiting?.cancel();
    this.#lease?.ending();
    if (!this.#isUsed && !this.#going) this.#release();
  }

  /** The predecessor's lease, once it is gone; what it does not let go of in time stays with it. */
  async #takeOver(): Promise<void> {
    const going = this.#going;
    const lease = this.#lease;
    if (!going || !lease) return;
    if (lease.isScarce) await within(going, HANDOVER_MS, () => new Error('it is not gone')).catch(() => {});
    if (this.#going !== going || this.#isGivenUp) return;
    this.#going = null;
    this.#lease = null;
    lease.ending();
    void going.then(() => lease.release());
  }

  async #wait(): Promise<Lease> {
    const { ledger, replica, needs, changed } = this.#parts;
    const waiting = ledger.wait(replica, needs);
    this.#waiting = waiting;
    changed();
    try {
      return await waiting.lease;
    } finally {
      this.#waiting = null;
    }
  }

  async #acquire(): Promise<Lease> {
    const { ledger, backend, replica, needs, signal } = this.#parts;
    const [lease] = await ledger.acquire({ backend, replicas: [replica], needs, signal });
    if (!lease) throw new Error(`no lease for replica '${replica}'`);
    return lease;
  }

  #release(): void {
    this.#lease?.release();
    this.#lease = null;
    if (this.#isGivenUp) this.#released.resolve();
  }
}
