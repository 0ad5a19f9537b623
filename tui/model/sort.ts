/** The orders that rows can be in. */
import type { ReplicaState } from '../../lib/index.ts';
import type { EndpointRow, ReplicaRow } from './rows.ts';

export interface Sort {
  /** A column's id. */
  readonly by: string;
  readonly reversed: boolean;
}

type Key<Row> = (row: Row) => number | string;

/** What needs looking at comes first. */
const ATTENTION: Readonly<Record<ReplicaState, number>> = {
  DEAD: 0,
  STARTING: 1,
  UPDATING: 2,
  STOPPING: 3,
  RUNNING: 4,
};

/** Numbers descend, names ascend: what one wants to see is at the top. */
export const REPLICA_KEYS: Readonly<Record<string, Key<ReplicaRow>>> = {
  // Not by what they have to do, too: rows that run well stay where they are.
  state: ({ state }) => -ATTENTION[state],
  replica: ({ tag }) => tag,
  node: ({ node }) => node,
  pid: ({ pid }) => pid,
  ongoing: ({ ongoing, limit }) => load(ongoing, limit),
  queued: ({ queued }) => queued,
  gpu: ({ gpuShare }) => gpuShare,
  restarts: ({ restarts }) => restarts,
  memory: ({ memoryBytes }) => memoryBytes ?? -1,
  cpu: ({ cpu }) => cpu ?? -1,
  loop: ({ eventLoop }) => eventLoop ?? -1,
  // Times of the same form sort as texts do; the one that has run the longest was started first.
  up: ({ startedAt }) => startedAt,
};

export const ENDPOINT_KEYS: Readonly<Record<string, Key<EndpointRow>>> = {
  endpoint: ({ name }) => name,
  rate: ({ stats }) => stats.rate,
  errors: ({ stats }) => (stats.rate > 0 ? stats.errorRate / stats.rate : 0),
  p50: ({ stats }) => stats.p50Ms ?? -1,
  p95: ({ stats }) => stats.p95Ms ?? -1,
  p99: ({ stats }) => stats.p99Ms ?? -1,
};

const load = (queries: number, limit: number): number => (limit > 0 ? Math.min(9, queries / limit) : 0);

/** Sorted anew; rows of equal keys stay as they were, so that nothing jumps. */
export function sorted<Row>(
  rows: readonly Row[],
  keys: Readonly<Record<string, Key<Row>>>,
  { by, reversed }: Sort,
): Row[] {
  const key = keys[by];
  if (key === undefined) return [...rows];
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => compare(a.key, b.key) * (reversed ? -1 : 1));
  return keyed.map(({ row }) => row);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** The next column to sort by, to the left or to the right; from none, the one at that end. */
export function neighbour(columns: readonly string[], by: string, step: -1 | 1): string {
  const at = columns.indexOf(by);
  const next = at < 0 && step < 0 ? columns.length - 1 : (at + step + columns.length) % columns.length;
  return columns[next] ?? by;
}
