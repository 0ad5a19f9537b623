/** One plain JSON snapshot of an instance. */
import type { BackendConfig, BackendTag } from './backend.ts';
import type { Isolation, ReplicaState, ReplicaTag } from './replica.ts';
import type { Stats } from './stats.ts';

export interface ServeStatus {
  instance: {
    name: string;
    version: string;
    pid: number;
    host: 'inline' | 'process';
    detached: boolean;
    revision: number;
    startedAt: string;
    httpUrl: string | null;
  };
  nodes: NodeStatus[];
  backends: Record<BackendTag, BackendStatus>;
  replicas: ReplicaStatus[];
  endpoints: Record<string, EndpointStatus>;
}

export interface NodeStatus {
  id: string;
  hostname: string;
  pid: number;
  cpus: { total: number; used: number; enforced: boolean };
  gpus: {
    index: number;
    uuid?: string;
    name?: string;
    memoryBytes?: number;
    memoryUsedBytes?: number;
    utilization?: number;
    allocations: { replica: ReplicaTag; share: number }[];
  }[];
  custom: Record<string, { total: number; used: number }>;
}

export interface BackendStatus {
  config: BackendConfig;
  replicas: { target: number; running: number; pending: { reason: string }[] };
  queued: number;
  stats: Stats;
}

export interface ReplicaStatus {
  tag: ReplicaTag;
  backend: BackendTag;
  node: string;
  state: ReplicaState;
  isolation: Isolation;
  pid: number;
  threadId: number | null;
  gpus: number[];
  ongoing: number;
  queued: number;
  limit: number;
  restarts: number;
  startedAt: string;
}

export interface EndpointStatus {
  route: string | null;
  methods: string[];
  traffic: Record<BackendTag, number>;
  shadows: Record<BackendTag, number>;
  stats: Stats;
}
