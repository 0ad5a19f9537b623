import type { Isolation } from './replica.ts';
import type { GivenNeeds } from './resources.ts';

/** A backend's name, unique in its instance: `[A-Za-z0-9][A-Za-z0-9._:-]{0,99}`. */
export type BackendTag = string;

/** How a backend runs. Every key may be changed later with `updateBackendConfig`. Source: Ray Serve 1.x BackendConfig. */
export interface BackendConfig {
  /** Replicas to run, an integer >= 0. Default 1. */
  readonly numReplicas: number;
  /** Most requests in one batch, an integer >= 1; null = 1. More than 1 needs `acceptBatch`. Default null. */
  readonly maxBatchSize: number | null;
  /** How long a batch waits to fill, from its first request, in ms, >= 0. Default 0. */
  readonly batchWaitTimeoutMs: number;
  /** Most requests a replica holds at once, enforced at the replica, an integer >= 1; null = max(100, 2 x maxBatchSize). Default null. */
  readonly maxConcurrentQueries: number | null;
  /** Most requests waiting for a replica, an integer >= 0; beyond it QUEUE_FULL. Default 10 000. */
  readonly maxQueuedQueries: number;
  /** Deadline of each request from its arrival, in ms, > 0; null = none. Default null. */
  readonly requestTimeoutMs: number | null;
  /** Handed to `reconfigure` after the constructor and on every change; undefined = none. */
  readonly userConfig: unknown;
  /** How long requests in flight may finish when a replica leaves, in ms, >= 0. Default 20 000. */
  readonly gracefulShutdownTimeoutMs: number;
  /** Time between two health checks of a replica, in ms, > 0. Default 10 000. */
  readonly healthCheckPeriodMs: number;
}

export const DEFAULT_BACKEND_CONFIG: BackendConfig = Object.freeze({
  numReplicas: 1,
  maxBatchSize: null,
  batchWaitTimeoutMs: 0,
  maxConcurrentQueries: null,
  maxQueuedQueries: 10_000,
  requestTimeoutMs: null,
  userConfig: undefined,
  gracefulShutdownTimeoutMs: 20_000,
  healthCheckPeriodMs: 10_000,
});

/** What one replica needs. Source: Ray Serve 1.x ray_actor_options. */
export interface ActorOptions extends GivenNeeds {
  /** CPUs it counts for, >= 0, fractions allowed. Refused only where CPUs are declared. Default 1. */
  readonly numCpus: number;
  /** A share of one GPU, 0 to 1, or whole ones. More than 0 means a process of its own. Default 0. */
  readonly numGpus: number;
  /** Amounts of resources that `start({ resources: { custom } })` declares, by name. Default none. */
  readonly custom: Readonly<Record<string, number>>;
  /** Where shares of GPUs go: 'pack' on as few GPUs as possible, or 'spread' over those with most left. Default 'pack'. */
  readonly placement: 'pack' | 'spread';
  /** What it runs in: 'process' where `numGpus` or `envVars` are given, as native code reads its process's environment. Default 'thread'. */
  readonly isolation: Isolation;
  /** Added to its environment. Default none. */
  readonly envVars: Readonly<Record<string, string>>;
  /** Heap limit of the replica in bytes; null = Node's own. Default null. */
  readonly maxMemoryBytes: number | null;
  /** How long constructor and first `reconfigure` may take, in ms, > 0. Default 300 000. */
  readonly startTimeoutMs: number;
}

/** SHA-256, in hex, of what a backend was made of. */
export interface BackendDigests {
  /** Of its function or class, with what travels along and the files that are imported; not of where it stands in them. */
  readonly code: string;
  /** Of its constructor arguments. */
  readonly initArgs: string;
}

/** The batch size in force: null means 1. */
export const batchSizeOf = (config: BackendConfig): number => config.maxBatchSize ?? 1;

/** The limit in force at each replica: null means max(100, 2 x maxBatchSize). */
export const concurrencyOf = (config: BackendConfig): number =>
  config.maxConcurrentQueries ?? Math.max(100, 2 * batchSizeOf(config));

/**
 * `base` with the given keys in place of its own; an explicit undefined stands for "not given", except for
 * `userConfig`, where it takes the value away. Pure.
 */
export function mergeConfig(base: BackendConfig, given: Partial<BackendConfig>): BackendConfig {
  const changes = Object.entries(given).filter(([key, value]) => value !== undefined || key === 'userConfig');
  return Object.freeze({ ...base, ...Object.fromEntries(changes) });
}
