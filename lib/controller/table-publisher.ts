/** The routing table in force, and how the next one follows from what is wanted and what serves. */
import type { BackendTag } from '../domain/backend.ts';
import {
  type BackendEntry,
  differenceOf,
  EMPTY_TABLE,
  type EndpointEntry,
  type RoutingTable,
  type TableChange,
} from '../domain/routing-table.ts';

export class TablePublisher {
  readonly #publish: (change: TableChange) => void;
  #table: RoutingTable = EMPTY_TABLE;

  constructor(publish: (change: TableChange) => void) {
    this.#publish = publish;
  }

  get table(): RoutingTable {
    return this.#table;
  }

  /** `dead`: the id of a replica that died, for routers to hear of. Nothing is published when nothing differs. */
  update(endpoints: ReadonlyMap<string, EndpointEntry>, entries: readonly BackendEntry[], dead: string | null): void {
    const backends = new Map<BackendTag, BackendEntry>();
    for (const entry of entries) {
      const before = this.#table.backends.get(entry.tag);
      backends.set(entry.tag, before && isSame(before, entry) ? before : entry);
    }
    const next: RoutingTable = { version: this.#table.version + 1, endpoints, backends };
    const change = differenceOf(this.#table, next, dead === null ? [] : [dead]);
    if (change.endpoints.length === 0 && change.backends.length === 0 && dead === null) return;
    this.#table = next;
    this.#publish(change);
  }
}

function isSame(a: BackendEntry, b: BackendEntry): boolean {
  return (
    a.wanted === b.wanted &&
    a.limit === b.limit &&
    a.maxQueued === b.maxQueued &&
    a.requestTimeoutMs === b.requestTimeoutMs &&
    a.replicas.length === b.replicas.length &&
    a.replicas.every((replica, i) => replica.id === b.replicas[i]?.id)
  );
}
