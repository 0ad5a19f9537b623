/**
 * What a client can ask of an instance, as plain data, so that it is the same from the instance's own thread, from a
 * replica and (later) from another process. `Client` checks and ships what users give; this trusts.
 */
import type { ActorOptions, BackendConfig, BackendDigests, BackendTag } from './domain/backend.ts';
import type { ServeEvent } from './domain/event.ts';
import type { HistoryEntry } from './domain/history.ts';
import type { FoundEnv } from './domain/node-env.ts';
import type { Page, PagePlace } from './domain/page.ts';
import type { InstancePerformance } from './domain/performance.ts';
import type { ServeStatus } from './domain/status.ts';
import type { QueryTrace } from './domain/trace.ts';
import type { TrialOpening, TriedPairs } from './domain/trial.ts';

export interface BackendRequest {
  /** The function or class, as `shipping/` made it. */
  readonly shipment: unknown;
  /** Packed constructor arguments. */
  readonly initArgs: readonly unknown[];
  readonly config: BackendConfig;
  readonly actorOptions: ActorOptions;
  /** Null = the instance's own Node, and packages from the user's own files. */
  readonly env: FoundEnv | null;
  readonly digests: BackendDigests;
}

/** Other code for a backend, and what of its config changes with it. */
export interface BackendUpdate extends Omit<BackendRequest, 'config'> {
  readonly config: Partial<BackendConfig>;
}

export interface EndpointRequest {
  readonly backend: BackendTag;
  readonly route: string | null;
  readonly methods: readonly string[];
  readonly idempotent: boolean;
}

/** A key that is absent stays as it is. */
export type EndpointUpdate = Partial<Omit<EndpointRequest, 'backend'>>;

export interface ListedEndpoint {
  route: string | null;
  methods: string[];
  traffic: Record<BackendTag, number>;
  shadows: Record<BackendTag, number>;
}

/** Everything that was asked for and is in force. */
export interface InstanceDescription {
  backends: Record<BackendTag, BackendDescription>;
  endpoints: Record<string, ListedEndpoint & { idempotent: boolean }>;
}

export interface BackendDescription {
  config: BackendConfig;
  actorOptions: ActorOptions;
  env: FoundEnv | null;
  digests: BackendDigests;
}

export interface Controls {
  createBackend(tag: BackendTag, request: BackendRequest): Promise<void>;
  updateBackend(tag: BackendTag, request: BackendUpdate): Promise<void>;
  updateBackendConfig(tag: BackendTag, given: Partial<BackendConfig>): Promise<void>;
  getBackendConfig(tag: BackendTag): Promise<BackendConfig>;
  listBackends(): Promise<Record<BackendTag, BackendConfig>>;
  deleteBackend(tag: BackendTag, force: boolean): Promise<void>;
  createEndpoint(name: string, request: EndpointRequest): Promise<void>;
  updateEndpoint(name: string, update: EndpointUpdate): Promise<void>;
  deleteEndpoint(name: string): Promise<void>;
  listEndpoints(): Promise<Record<string, ListedEndpoint>>;
  setTraffic(endpoint: string, weights: unknown): Promise<void>;
  shadowTraffic(endpoint: string, tag: unknown, proportion: unknown): Promise<void>;
  describe(): Promise<InstanceDescription>;
  history(): Promise<readonly HistoryEntry[]>;
  rollback(revision: number): Promise<void>;
  status(): Promise<ServeStatus>;
  /**
   * Resolves with the snapshot once something differs from what `after` saw; at once when `after` is null. Nobody waits
   * any more once `gone` is aborted; it does not travel.
   */
  statusAfter(
    after: number | null,
    gone?: AbortSignal | null,
  ): Promise<{ readonly serial: number; readonly status: ServeStatus }>;
  /**
   * The events after `after`, at most a page of them; the newest `count` when it is null. With `waits`, once there are
   * any. Nobody waits any more once `gone` is aborted; it does not travel.
   */
  eventsAfter(
    after: PagePlace | null,
    count: number,
    waits: boolean,
    gone?: AbortSignal | null,
  ): Promise<Page<ServeEvent>>;
  /**
   * The queries that have ended at the instance's own router after `after`, of one endpoint, or null = of all: the newest
   * 100 as they ended; the newest `count` when `after` is null. With `waits`, once there are any, or none after a while.
   * Nobody waits any more once `gone` is aborted; it does not travel. Rejects ENDPOINT_NOT_FOUND when `after` is null.
   */
  tracesAfter(
    after: PagePlace | null,
    endpoint: string | null,
    count: number,
    waits: boolean,
    gone?: AbortSignal | null,
  ): Promise<Page<QueryTrace>>;
  /** Rejects INVALID_ARGUMENT where nothing is known of it. */
  trace(requestId: string): Promise<readonly QueryTrace[]>;
  /**
   * Begins a trial; resolves with its number. It ends with `closeTrial`, when `gone` is aborted, and when nobody takes
   * its pairs for half a minute.
   */
  openTrial(endpoint: string, backend: BackendTag, opening: TrialOpening, gone?: AbortSignal | null): Promise<number>;
  /** Pairs of a trial, as soon as there are any, or none after a moment. `last`: no more copies are made from now on. */
  takePairs(trial: number, last: boolean): Promise<TriedPairs>;
  closeTrial(trial: number): Promise<void>;
  /** Rejects ENDPOINT_NOT_FOUND. */
  requireEndpoint(name: string): Promise<void>;
  /** The text for Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  performance(): Promise<InstancePerformance>;
  /** Resolves once `shutdown` has been carried out, whoever asked for it. */
  ended(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The names of the controls that may be called from another thread. */
export const CONTROL_NAMES: readonly (keyof Controls)[] = [
  'createBackend',
  'updateBackend',
  'updateBackendConfig',
  'getBackendConfig',
  'listBackends',
  'deleteBackend',
  'createEndpoint',
  'updateEndpoint',
  'deleteEndpoint',
  'listEndpoints',
  'setTraffic',
  'shadowTraffic',
  'describe',
  'history',
  'rollback',
  'status',
  'statusAfter',
  'eventsAfter',
  'tracesAfter',
  'trace',
  'openTrial',
  'takePairs',
  'closeTrial',
  'requireEndpoint',
  'metrics',
  'performance',
  'ended',
  'shutdown',
];
