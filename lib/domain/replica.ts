/** What the instance knows of a replica, whatever it runs in. */
import type { MessagePort } from 'node:worker_threads';
import { type BackendConfig, type BackendTag, batchSizeOf, concurrencyOf } from './backend.ts';
import type { ReplicaUsage } from './performance.ts';
import type { TableChange } from './routing-table.ts';
import type { QueryTrace } from './trace.ts';

/** `<backend>#<number>`; kept over restarts. */
export type ReplicaTag = string;

export type ReplicaState = 'STARTING' | 'RUNNING' | 'UPDATING' | 'STOPPING' | 'DEAD';

/** The moves of one incarnation's life; one that is not listed is a bug. A replacement is a new incarnation. */
export const NEXT_STATES: Readonly<Record<ReplicaState, readonly ReplicaState[]>> = {
  STARTING: ['RUNNING', 'STOPPING', 'DEAD'],
  RUNNING: ['UPDATING', 'STOPPING', 'DEAD'],
  UPDATING: ['RUNNING', 'STOPPING', 'DEAD'],
  STOPPING: ['DEAD'],
  DEAD: [],
};

/** What a replica runs in: a thread of the instance's process, or a process with an environment of its own. */
export type Isolation = 'thread' | 'process';

/** What a replica does with its queries; a change of it needs no restart. */
export interface ServingConfig {
  readonly maxBatchSize: number;
  readonly batchWaitTimeoutMs: number;
  readonly maxConcurrentQueries: number;
}

export const servingOf = (config: BackendConfig): ServingConfig => ({
  maxBatchSize: batchSizeOf(config),
  batchWaitTimeoutMs: config.batchWaitTimeoutMs,
  maxConcurrentQueries: concurrencyOf(config),
});

/** Everything needed to start one. All of it can be posted to another thread. */
export interface ReplicaSpec {
  readonly instanceName: string;
  /** Null without a server. */
  readonly httpUrl: string | null;
  /** Each line that it prints is to begin with `<its tag> | `: it shares a log with others. */
  readonly marksOutput: boolean;
  readonly backend: BackendTag;
  readonly replica: ReplicaTag;
  /** The function or class, as `shipping/` made it. */
  readonly shipment: unknown;
  /** Packed. */
  readonly initArgs: readonly unknown[];
  readonly serving: ServingConfig;
  readonly userConfig: unknown;
  readonly isolation: Isolation;
  /** Added to what the replica sees as its environment; native code sees it in a process only. */
  readonly envVars: Readonly<Record<string, string>>;
  /** A Node binary other than the instance's own, for a process; null = the instance's. */
  readonly node: string | null;
  /** Absolute path of the directory from which the backend's bare imports resolve; null = from the user's own files. */
  readonly directory: string | null;
  readonly maxMemoryBytes: number | null;
}

/** What a replica tells of its callable once it is constructed. */
export interface ReplicaTraits {
  readonly pid: number;
  readonly threadId: number | null;
  /** Whether any method takes arrays. */
  readonly acceptsBatches: boolean;
  readonly canReconfigure: boolean;
}

/** Indices of a replica's load, an Int32Array that `status()` and, over shared memory, every router read. */
export const LOAD = { processing: 0, waiting: 1, isBlockedInGet: 2, length: 3 } as const;

/** The instance's grip on one incarnation of a replica. */
export interface ReplicaHost {
  readonly isolation: Isolation;
  /** What the replica itself has written there: as it is now where they share memory, else as it is when asked for. */
  readonly load: SharedArrayBuffer;
  /** The Unix socket at which it takes connections; null: it takes ports (see `accept`). */
  readonly address: string | null;
  /** Resolves when constructed and reconfigured. Rejects with an error whose `cause` says why; `isFinal`: it would fail again. */
  start(): Promise<ReplicaTraits>;
  configure(serving: ServingConfig): void;
  /**
   * Runs when no query is being processed, or after `graceMs`; queries then wait until `resume`. Rejects with what the
   * user's `reconfigure` threw.
   */
  reconfigure(userConfig: unknown, graceMs: number): Promise<void>;
  resume(): void;
  /** Rejects with what the user's `checkHealth` threw; never settles when the replica is stuck. */
  checkHealth(): Promise<void>;
  /** Gives it a connection from one more router of this process: the port and the first page of its slots' states. */
  accept(port: MessagePort, page: SharedArrayBuffer): void;
  /** Makes it take connections from other processes at `address`, too; resolves with where it takes them. */
  listen(address: string): Promise<string>;
  /** Sends it a change of the routing table, or word of it, if it follows the table. */
  publish(change: TableChange): void;
  /** Takes no more queries, finishes those it has, runs the user's `shutdown`; resolves when it has ended by itself. */
  drain(): Promise<void>;
  /** Runs the user's `shutdown` without waiting for queries. */
  shutDown(): Promise<void>;
  /** Ends it now. Resolves when the thread is really gone, which native code can delay. */
  kill(): Promise<void>;
  /** The users' own metrics in prom-client's JSON form; empty when the replica does not answer in time. */
  metrics(): Promise<readonly unknown[]>;
  /** What it uses of the machine. Settles also while the user's code spins; not while native code does. */
  usage(): Promise<ReplicaUsage>;
  /** Where queries went that its own router routed, see `QueryTraces.find`; none when it does not answer in time. */
  traces(requestId: string): Promise<readonly QueryTrace[]>;
}

/** What a replica's host tells the instance by itself, or asks of it. */
export interface ReplicaHooks {
  /** It ended without having been asked to; `reason` says how. Called once. */
  died(reason: Error): void;
  /** Code in it calls other backends: it wants the routing table. Returns the whole table as a change from nothing. */
  follows(): TableChange;
  /** A router in it wants to reach another replica from its own process. Resolves with that one's address. */
  locates(replicaId: string): Promise<string>;
  /** A router in it wants a connection to another replica. */
  connects(replicaId: string, port: MessagePort, page: SharedArrayBuffer): void;
  /** Code in it blocks for results: the instance is to route queries that come on this port. */
  opensGateway(port: MessagePort, wake: Int32Array): void;
  /** What its own router has recorded, and how many queries wait there by backend. */
  measured(delta: unknown, queued: Readonly<Record<BackendTag, number>>): void;
  /** Code in it calls one of the instance's controls. */
  asks(method: string, args: readonly unknown[]): Promise<unknown>;
}

/** In the environment of replicas in processes, and so of what they start: the state directory of their instance. */
export const INSTANCE_VARIABLE = 'SERVELAB_INSTANCE_DIRECTORY';
