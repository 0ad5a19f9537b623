/** What an instance says of itself, as the rows that views show. Pure; no number in it is computed here that the instance tells. */
import type {
  BackendStatus,
  EndpointStatus,
  InstancePerformance,
  NodeStatus,
  ReplicaStatus,
  ReplicaUsage,
  ServeStatus,
} from '../../lib/index.ts';
import { percentText } from '../frame/units.ts';

/** Null: not known. */
type Performance = InstancePerformance | null;

export interface SplitPart {
  readonly tag: string;
  /** Weight or proportion, in [0, 1]. */
  readonly share: number;
  /** The share of the last minute's queries that it answered; null: there were none, or it gets copies. */
  readonly got: number | null;
  readonly running: number;
  readonly target: number;
}

export interface EndpointRow extends Omit<EndpointStatus, 'traffic' | 'shadows'> {
  readonly name: string;
  /** In the order in which they were given, which is that of their colours. */
  readonly traffic: readonly SplitPart[];
  readonly shadows: readonly SplitPart[];
}

export function endpointRows({ endpoints, backends }: ServeStatus, performance: Performance = null): EndpointRow[] {
  return Object.entries(endpoints).map(([name, endpoint]) => ({
    ...endpoint,
    name,
    traffic: partsOf(endpoint.traffic, backends, performance?.endpoints[name]?.answered ?? {}),
    shadows: partsOf(endpoint.shadows, backends, {}),
  }));
}

function partsOf(
  shares: Readonly<Record<string, number>>,
  backends: ServeStatus['backends'],
  answered: Readonly<Record<string, number>>,
): SplitPart[] {
  const all = sumOf(Object.values(answered), (count) => count);
  return Object.entries(shares).map(([tag, share]) => {
    const { running = 0, target = 0 } = backends[tag]?.replicas ?? {};
    return { tag, share, got: all === 0 ? null : (answered[tag] ?? 0) / all, running, target };
  });
}

export interface BackendRow extends BackendStatus {
  readonly tag: string;
  /** What it does: `live` for one endpoint at least, `shadow`, or nothing. */
  readonly role: 'live' | 'shadow' | 'idle';
  readonly replicaRows: readonly ReplicaRow[];
  readonly ongoing: number;
  /** Of all its replicas together. */
  readonly limit: number;
}

export function backendRows(status: ServeStatus, performance: Performance = null): BackendRow[] {
  const replicas = Map.groupBy(replicaRows(status, performance), ({ backend }) => backend);
  const endpoints = Object.values(status.endpoints);
  const roleOf = (tag: string): BackendRow['role'] => {
    if (endpoints.some(({ traffic }) => (traffic[tag] ?? 0) > 0)) return 'live';
    return endpoints.some(({ shadows }) => (shadows[tag] ?? 0) > 0) ? 'shadow' : 'idle';
  };
  return Object.entries(status.backends).map(([tag, backend]) => {
    const mine = replicas.get(tag) ?? [];
    return {
      ...backend,
      tag,
      role: roleOf(tag),
      replicaRows: mine,
      ongoing: sumOf(mine, ({ ongoing }) => ongoing),
      limit: sumOf(mine, ({ limit, state }) => (state === 'RUNNING' || state === 'UPDATING' ? limit : 0)),
    };
  });
}

const NO_USAGE: ReplicaUsage = { cpu: null, memoryBytes: null, eventLoop: null };

export interface ReplicaRow extends ReplicaStatus, ReplicaUsage {
  /** Over all its GPUs. */
  readonly gpuShare: number;
}

export function replicaRows({ replicas, nodes }: ServeStatus, performance: Performance = null): ReplicaRow[] {
  const shares = new Map<string, number>();
  for (const { allocations } of nodes.flatMap(({ gpus }) => gpus)) {
    for (const { replica, share } of allocations) shares.set(replica, (shares.get(replica) ?? 0) + share);
  }
  return replicas.map((replica) => {
    const { cpu, memoryBytes, eventLoop } = performance?.replicas[replica.tag] ?? NO_USAGE;
    // One spread and named fields: of thousands, several times faster than two.
    return { ...replica, cpu, memoryBytes, eventLoop, gpuShare: shares.get(replica.tag) ?? 0 };
  });
}

export type GpuRow = NodeStatus['gpus'][number] & {
  readonly node: string;
  /** Given out: 1 is all of it. */
  readonly allocated: number;
};

export const gpuRows = ({ nodes }: ServeStatus): GpuRow[] =>
  nodes.flatMap(({ id, gpus }) =>
    gpus.map((gpu) => ({ ...gpu, node: id, allocated: sumOf(gpu.allocations, ({ share }) => share) })),
  );

/** Replicas that wait, and for what; equal reasons once, with how many there are. */
export function pendingRows({ backends }: ServeStatus): { backend: string; count: number; reason: string }[] {
  return Object.entries(backends).flatMap(([backend, { replicas }]) => {
    const counts = new Map<string, number>();
    for (const { reason } of replicas.pending) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return [...counts].map(([reason, count]) => ({ backend, count, reason }));
  });
}

/** The whole instance in a line. */
export interface Totals {
  readonly rate: number;
  /** Failed per second. */
  readonly errorRate: number;
  /** Of the endpoint whose p99 is the longest: there is no percentile of percentiles. */
  readonly worst: { readonly endpoint: string; readonly p99Ms: number } | null;
  readonly running: number;
  readonly target: number;
  readonly ongoing: number;
  readonly queued: number;
  readonly gpus: { readonly allocated: number; readonly total: number };
}

export function totalsOf(status: ServeStatus): Totals {
  const endpoints = Object.entries(status.endpoints);
  const backends = Object.values(status.backends);
  const gpus = gpuRows(status);
  let worst: Totals['worst'] = null;
  for (const [endpoint, { stats }] of endpoints) {
    if (stats.p99Ms !== null && stats.p99Ms > (worst?.p99Ms ?? -1)) worst = { endpoint, p99Ms: stats.p99Ms };
  }
  return {
    rate: sumOf(endpoints, ([, { stats }]) => stats.rate),
    errorRate: sumOf(endpoints, ([, { stats }]) => stats.errorRate),
    worst,
    running: sumOf(backends, ({ replicas }) => replicas.running),
    target: sumOf(backends, ({ replicas }) => replicas.target),
    ongoing: sumOf(status.replicas, ({ ongoing }) => ongoing),
    queued: sumOf(backends, ({ queued }) => queued),
    gpus: { allocated: sumOf(gpus, ({ allocated }) => allocated), total: gpus.length },
  };
}

/** What asks for attention, the worst first, one line each. */
export function alertsOf(status: ServeStatus): string[] {
  const dead = status.replicas.filter(({ state }) => state === 'DEAD').map(({ tag }) => `${tag} is dead`);
  const short = Object.entries(status.backends)
    .filter(([, { replicas }]) => replicas.running < replicas.target)
    .map(([tag, { replicas }]) => `${tag} runs ${replicas.running} of ${replicas.target} replicas`);
  const failing = Object.entries(status.endpoints)
    .filter(([, { stats }]) => stats.rate > 0 && stats.errorRate / stats.rate >= 0.01)
    .map(([name, { stats }]) => `${name} fails ${percentText(stats.errorRate / stats.rate)}`);
  return [...dead, ...short, ...failing];
}

export const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);
