import type { BackendTag } from '../domain/backend.ts';
import { LOAD, type ReplicaTag } from '../domain/replica.ts';
import type { ReplicaEntry } from '../domain/routing-table.ts';
import type { ServeErrorCode } from '../errors.ts';
import type { OutgoingQuery, SentQuery } from '../wire/outgoing-query.ts';
import type { QuerySender } from '../wire/query-sender.ts';
import type { Candidate } from './choose-replica.ts';
import type { Place } from './query-traces.ts';

/** A replica as this router reaches it. */
export class Connection implements Candidate {
  readonly id: string;
  readonly tag: ReplicaTag;
  readonly place: Place;
  /** Set by a refusal, cleared when the replica says that it has room. */
  hasRefused = false;
  limit: number;
  readonly #load: Int32Array | null;
  readonly #sender: QuerySender;

  constructor(entry: ReplicaEntry, backend: BackendTag, limit: number, sender: QuerySender) {
    this.place = { backend, replica: entry.tag };
    this.id = entry.id;
    this.tag = entry.tag;
    this.limit = limit;
    this.#load = entry.load && new Int32Array(entry.load);
    this.#sender = sender;
  }

  get isFull(): boolean {
    return this.hasRefused || this.#sender.inFlight >= this.limit || this.#sender.isLost;
  }

  /** The replica's own count knows of other routers; ours knows of queries it has not read yet. */
  get ongoing(): number {
    if (!this.#load) return this.#sender.inFlight + this.#sender.others;
    const held = Atomics.load(this.#load, LOAD.processing) + Atomics.load(this.#load, LOAD.waiting);
    return Math.max(held, this.#sender.inFlight);
  }

  get isLost(): boolean {
    return this.#sender.isLost;
  }

  /** Who waits for what it has been sent. */
  get sinks(): SentQuery[] {
    return this.#sender.sinks;
  }

  send(query: OutgoingQuery & SentQuery): number {
    return this.#sender.send(query, query);
  }

  /** True: the query had not started and never will. */
  cancel(slot: number, code: ServeErrorCode): boolean {
    return this.#sender.cancel(slot, code === 'TIMEOUT' ? 'TIMEOUT' : 'CANCELLED');
  }

  /** The replica leaves in good order: what it has been sent, all of it before it is told to drain, still comes back. */
  leave(): void {
    this.#sender.flush();
    this.#sender.closeWhenIdle();
  }

  /** The replica is dead: what it had started is lost, the rest goes elsewhere. */
  lose(): void {
    this.#sender.lose();
  }
}
