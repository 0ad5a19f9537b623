/** Everything a router needs to know, in one value with one version. */
import type { BackendTag } from './backend.ts';
import type { ReplicaHost, ReplicaTag } from './replica.ts';
import type { TrafficPolicy } from './traffic-policy.ts';

export interface EndpointEntry {
  readonly name: string;
  readonly route: string | null;
  readonly methods: readonly string[];
  readonly idempotent: boolean;
  readonly traffic: TrafficPolicy;
  readonly shadows: readonly (readonly [tag: BackendTag, proportion: number])[];
}

/** One running incarnation. */
export interface ReplicaEntry {
  /** `<tag>@<incarnation>`: a restarted replica is another one to a router. */
  readonly id: string;
  readonly tag: ReplicaTag;
  /** What it holds, as memory that it writes; null where routers and replica share none. */
  readonly load: SharedArrayBuffer | null;
  /** The Unix socket that routers connect to; null: the instance introduces them, or says where. */
  readonly address: string | null;
}

/** Pure. */
export const entryOf = (id: string, tag: ReplicaTag, host: Pick<ReplicaHost, 'load' | 'address'>): ReplicaEntry => ({
  id,
  tag,
  load: host.address === null ? host.load : null,
  address: host.address,
});

export interface BackendEntry {
  readonly tag: BackendTag;
  /** Replicas wanted; 0 = queries are refused at once. */
  readonly wanted: number;
  /** Most queries at one replica. */
  readonly limit: number;
  readonly maxQueued: number;
  readonly requestTimeoutMs: number | null;
  /** Those that may be sent to. */
  readonly replicas: readonly ReplicaEntry[];
}

export interface RoutingTable {
  readonly version: number;
  readonly endpoints: ReadonlyMap<string, EndpointEntry>;
  readonly backends: ReadonlyMap<BackendTag, BackendEntry>;
}

/** What differs between two versions; null = gone. */
export interface TableChange {
  readonly version: number;
  readonly endpoints: readonly (readonly [string, EndpointEntry | null])[];
  readonly backends: readonly (readonly [BackendTag, BackendEntry | null])[];
  /** Ids of replicas that died, as against those that leave in good order. */
  readonly dead: readonly string[];
}

export const EMPTY_TABLE: RoutingTable = Object.freeze({ version: 0, endpoints: new Map(), backends: new Map() });

/** Pure. Entries are compared by identity: who changes one makes a new one. */
export function differenceOf(from: RoutingTable, to: RoutingTable, dead: readonly string[]): TableChange {
  return {
    version: to.version,
    endpoints: changedEntries(from.endpoints, to.endpoints),
    backends: changedEntries(from.backends, to.backends),
    dead,
  };
}

/** Pure. */
export function applyChange(table: RoutingTable, change: TableChange): RoutingTable {
  return {
    version: change.version,
    endpoints: withEntries(table.endpoints, change.endpoints),
    backends: withEntries(table.backends, change.backends),
  };
}

function changedEntries<Entry>(
  from: ReadonlyMap<string, Entry>,
  to: ReadonlyMap<string, Entry>,
): [string, Entry | null][] {
  const changed: [string, Entry | null][] = [];
  if (from === to) return changed;
  for (const [key, entry] of to) if (from.get(key) !== entry) changed.push([key, entry]);
  for (const key of from.keys()) if (!to.has(key)) changed.push([key, null]);
  return changed;
}

function withEntries<Entry>(
  entries: ReadonlyMap<string, Entry>,
  changes: readonly (readonly [string, Entry | null])[],
): ReadonlyMap<string, Entry> {
  if (changes.length === 0) return entries;
  const next = new Map(entries);
  for (const [key, entry] of changes) {
    if (entry === null) next.delete(key);
    else next.set(key, entry);
  }
  return next;
}
