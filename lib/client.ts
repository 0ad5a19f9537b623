/** What users hold of an instance. Checks and ships what they give; the instance makes it true. */
import { checkedConfig, copyOptions, requestOf, updateOf } from './backend-request.ts';
import type { BackendTarget, CreateBackendGiven, CreateEndpointGiven, UpdateEndpointGiven } from './client-options.ts';
import { CLIENT_PART, type ClientRoads } from './client-roads.ts';
import { ClientUse } from './client-use.ts';
import type { Controls, InstanceDescription, ListedEndpoint } from './controls.ts';
import type { BackendConfig, BackendTag } from './domain/backend.ts';
import { CallOrder } from './domain/call-order.ts';
import type { ServeEvent } from './domain/event.ts';
import { invalidValue } from './domain/given-value.ts';
import { DEFAULT_HANDLE_OPTIONS, resolveGetHandleOptions } from './domain/handle-options.ts';
import type { HistoryEntry } from './domain/history.ts';
import { requireName } from './domain/names.ts';
import { type Part, TO_WIRE } from './domain/part.ts';
import type { InstancePerformance } from './domain/performance.ts';
import type { ServeStatus } from './domain/status.ts';
import type { QueryTrace } from './domain/trace.ts';
import type { EventsGiven } from './event-reader.ts';
import { Handle } from './handle.ts';
import { callingScripts } from './shipping/scripts.ts';
import type { TracesGiven } from './trace-reader.ts';
import type { TrialGiven } from './trial-options.ts';
import type { TrialResult } from './trial-result.ts';
import { Watches } from './watches.ts';

/**
 * A client of one instance. Each control call resolves when it is true: replicas ready, and every router using the new
 * table. One that rejects has changed nothing. After `close()` or `shutdown()` every call rejects with CLIENT_CLOSED.
 */
export class Client {
  readonly #controls: Controls;
  readonly #roads: ClientRoads;
  readonly #httpUrl: () => string | null;
  readonly #use: ClientUse;
  readonly #watches: Watches;
  /** Of one backend the last is what stays, also when its code is collected before that of the one before it. */
  readonly #updates = new CallOrder();

  /** `letGo`: what is to be closed with the client. */
  constructor(controls: Controls, roads: ClientRoads, httpUrl: () => string | null, letGo = async () => {}) {
    this.#controls = controls;
    this.#roads = roads;
    this.#httpUrl = httpUrl;
    this.#watches = new Watches(controls);
    this.#use = new ClientUse({
      endWatches: () => this.#watches.end(),
      stopInstance: () => controls.shutdown(),
      letGo,
    });
  }

  /**
   * Where HTTP listens; null without a server. An instance that came back where another process had taken its port has
   * another one: a client knows it from the next control call on.
   */
  get http(): { readonly url: string } | null {
    const url = this.#httpUrl();
    return url === null ? null : { url };
  }

  /**
   * Starts a backend: resolves when its replicas are ready.
   *
   * A function or class that a module exports is imported by each replica. Any other travels with everything it
   * reaches: variables around it, other functions, objects, imports. All that is copied now, once for each replica, so
   * what changes later, here or there, is not seen elsewhere; `SharedArrayBuffer` is shared between threads.
   *
   * Rejects with INVALID_ARGUMENT, BACKEND_EXISTS, NOT_SHIPPABLE (with the path to what cannot travel: an open socket,
   * a promise, an instance with `#private` state), NOT_SERIALIZABLE (`initArgs`), ENV_NOT_FOUND,
   * INSUFFICIENT_RESOURCES (what is free, where, and who holds the rest), BATCH_NOT_ACCEPTED, BACKEND_START_FAILED
   * (the user's error as `cause`).
   * Source: Ray Serve 1.x create_backend.
   */
  async createBackend(tag: BackendTag, target: BackendTarget, options: CreateBackendGiven = {}): Promise<void> {
    this.#use.requireOpen();
    requireName('backend', tag);
    const callers = callingScripts();
    await this.#controls.createBackend(tag, await requestOf(target, await copyOptions(options), callers));
  }

  /**
   * Gives a backend other code, and nobody notices: new replicas are started, then they get the queries, then the old
   * ones finish what they have within `gracefulShutdownTimeoutMs` and leave. Resolves when every router uses the new
   * ones. Of `config` only the given keys change; everything else of `options` counts anew. Room for both is needed.
   *
   * Rejects, with the old code serving on, with BACKEND_NOT_FOUND and all that `createBackend` rejects with.
   */
  async updateBackend(tag: BackendTag, target: BackendTarget, options: CreateBackendGiven = {}): Promise<void> {
    this.#use.requireOpen();
    requireName('backend', tag);
    const update = updateOf(target, options, callingScripts());
    await this.#controls.updateBackend(tag, await this.#updates.after(tag, update));
  }

  /**
   * Changes the given keys. Replicas keep their tags unless their number changes.
   *
   * Rejects with BACKEND_NOT_FOUND, INVALID_ARGUMENT, BATCH_NOT_ACCEPTED, RECONFIGURE_FAILED, BACKEND_START_FAILED,
   * INSUFFICIENT_RESOURCES (more replicas than there is room for).
   */
  async updateBackendConfig(tag: BackendTag, partial: Partial<BackendConfig>): Promise<void> {
    await this.#open.updateBackendConfig(tag, await this.#updates.after(tag, checkedConfig(partial)));
  }

  /** The whole config in force. Rejects with BACKEND_NOT_FOUND. */
  async getBackendConfig(tag: BackendTag): Promise<BackendConfig> {
    return this.#open.getBackendConfig(tag);
  }

  async listBackends(): Promise<Record<BackendTag, BackendConfig>> {
    return this.#open.listBackends();
  }

  /**
   * Resolves after the drain: requests in flight finish within `gracefulShutdownTimeoutMs`, or not at all with `force`
   * (their callers get REPLICA_DIED). Rejects with BACKEND_NOT_FOUND, BACKEND_IN_USE naming the endpoints.
   */
  async deleteBackend(tag: BackendTag, options: { readonly force?: boolean } = {}): Promise<void> {
    this.#use.requireOpen();
    const { resolveDeleteBackendOptions } = await import('./options.ts');
    await this.#controls.deleteBackend(tag, resolveDeleteBackendOptions(options).force);
  }

  /**
   * Gives a backend a name, and optionally a route, under which it is reached.
   *
   * Rejects with ENDPOINT_EXISTS, ROUTE_EXISTS, BACKEND_NOT_FOUND, INVALID_ARGUMENT. Source: Ray Serve create_endpoint.
   */
  async createEndpoint(name: string, options: CreateEndpointGiven): Promise<void> {
    this.#use.requireOpen();
    requireName('endpoint', name);
    const { resolveCreateEndpointOptions } = await import('./options.ts');
    await this.#controls.createEndpoint(name, resolveCreateEndpointOptions(options));
  }

  /**
   * Gives an endpoint another route, other methods: traffic and shadows stay, and there is no moment without it. The old
   * route is free at once. Rejects with ENDPOINT_NOT_FOUND, ROUTE_EXISTS, INVALID_ARGUMENT.
   */
  async updateEndpoint(name: string, options: UpdateEndpointGiven): Promise<void> {
    this.#use.requireOpen();
    const { resolveUpdateEndpointOptions } = await import('./options.ts');
    await this.#controls.updateEndpoint(name, resolveUpdateEndpointOptions(options));
  }

  /** Its backends stay; name and route are free at once. Rejects with ENDPOINT_NOT_FOUND. */
  async deleteEndpoint(name: string): Promise<void> {
    await this.#open.deleteEndpoint(name);
  }

  async listEndpoints(): Promise<Record<string, ListedEndpoint>> {
    return this.#open.listEndpoints();
  }

  /**
   * Splits an endpoint's queries, e.g. `{ v1: 0.99, v2: 0.01 }`. Weights >= 0, summing to 1 ± 1e-6. Shadows stay.
   *
   * Rejects with INVALID_TRAFFIC, INVALID_ARGUMENT, ENDPOINT_NOT_FOUND, BACKEND_NOT_FOUND. Source: Ray Serve set_traffic.
   */
  async setTraffic(endpoint: string, weights: Readonly<Record<BackendTag, number>>): Promise<void> {
    await this.#open.setTraffic(endpoint, weights);
  }

  /**
   * Copies this proportion of an endpoint's queries, in [0, 1], to a backend; 0 ends it. Drawn independently of the
   * split; never delays, changes or fails the caller's answer. Rejects as `setTraffic`. Source: Ray Serve shadow_traffic.
   */
  async shadowTraffic(endpoint: string, tag: BackendTag, proportion: number): Promise<void> {
    await this.#open.shadowTraffic(endpoint, tag, proportion);
  }

  /**
   * A handle to call the endpoint with. `getHandle<typeof Model>` types its arguments and results.
   *
   * `missingOk`: an endpoint that does not exist yet is no error (then ENDPOINT_NOT_FOUND comes with the call).
   * `sync`: its references' `get()` blocks the thread. Both default false. Rejects with ENDPOINT_NOT_FOUND.
   */
  async getHandle<Target = unknown>(
    endpoint: string,
    options: { readonly missingOk?: boolean; readonly sync?: boolean } = {},
  ): Promise<Handle<Target>> {
    this.#use.requireOpen();
    requireName('endpoint', endpoint);
    const { missingOk, sync } = resolveGetHandleOptions(options);
    if (!missingOk) await this.#roads.requireEndpoint(endpoint);
    return new Handle<Target>(endpoint, DEFAULT_HANDLE_OPTIONS, sync ? this.#roads.sync : this.#roads.routed, sync);
  }

  /** Every change that was made, oldest first; the last thousand are kept. Rollbacks count, too. */
  async history(): Promise<readonly HistoryEntry[]> {
    return this.#open.history();
  }

  /**
   * Makes everything as it was after that revision: backends with their code and config, endpoints, traffic, shadows;
   * all of it at once, or nothing. That is a revision of its own. Nobody notices a backend whose code changes.
   *
   * Rejects with INVALID_ARGUMENT (no such revision is kept), and, with everything as it is, with what `createBackend`,
   * `updateBackend` and `updateBackendConfig` reject with.
   */
  async rollback(revision: number): Promise<void> {
    this.#use.requireOpen();
    if (!Number.isSafeInteger(revision)) throw invalidValue('revision', 'an integer, see history()', revision);
    await this.#controls.rollback(revision);
  }

  /** One plain JSON snapshot of everything. */
  async status(): Promise<ServeStatus> {
    return this.#open.status();
  }

  /** What every backend and endpoint was made of, as far as it can be compared: code by its digest. */
  async describe(): Promise<InstanceDescription> {
    return this.#open.describe();
  }

  /** What `/-/metrics` shows, also without a server. */
  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.#open.metrics();
  }

  /** Over the last minute: how long callers waited, who answered them, time in queues and in code; what replicas use. */
  async performance(): Promise<InstancePerformance> {
    return this.#open.performance();
  }

  /** Resolves when any client has shut the instance down. Rejects with INSTANCE_NOT_FOUND when its process ended otherwise. */
  async ended(): Promise<void> {
    await this.#open.ended();
  }

  /** Snapshots as things change, the newest only: one is made when the last has been taken. Ends with the client. */
  watch(): AsyncIterableIterator<ServeStatus> {
    this.#use.requireOpen();
    return this.#watches.ofStatus();
  }

  /**
   * Where a request went and why: its queries, oldest first, and the calls that their code made, each with what chose
   * its backend and replica, its shadows, and its times. Of what is under way, and of the newest 16 384 queries of the
   * instance and 1 024 of each replica. Rejects with INVALID_ARGUMENT when nothing is known, or no longer.
   */
  async trace(requestId: string): Promise<readonly QueryTrace[]> {
    return this.#open.trace(requestId);
  }

  /**
   * Queries that have ended at the instance, as they ended: the newest `count` (20, at most 1000), each as `trace` tells
   * it; a shadow's copy may be pending. Not those that replicas' own routers have sent. With `follow`, an async iterator
   * that goes on with those to come, as `events` does. A slow reader meets a sample: of what ends between two looks, 50 ms
   * apart or more, the newest 100; `number` shows the gaps. Throws or rejects with INVALID_ARGUMENT, ENDPOINT_NOT_FOUND.
   */
  traces(options: TracesGiven & { readonly follow: true }): AsyncIterableIterator<QueryTrace>;
  traces(options?: TracesGiven & { readonly follow?: false }): Promise<readonly QueryTrace[]>;
  traces(options: TracesGiven = {}): AsyncIterableIterator<QueryTrace> | Promise<readonly QueryTrace[]> {
    return this.#watches.traces(this.#use.requireOpen, options);
  }

  /**
   * Tries a backend on an endpoint's queries: it answers copies of them, unseen as a shadow, and its answers are compared
   * with those that callers get. Resolves with what was found. Traffic, shadows and history stay as they are, however it
   * ends. Calls that replicas make by their own routers are not seen. Rejects with INVALID_ARGUMENT, ENDPOINT_NOT_FOUND,
   * BACKEND_NOT_FOUND, CLIENT_CLOSED, and with what `compare` or `onProgress` throws.
   */
  async trial(endpoint: string, tag: BackendTag, options?: TrialGiven): Promise<TrialResult> {
    this.#use.requireOpen();
    return this.#watches.trial(endpoint, tag, options);
  }

  /**
   * What has happened: the newest `count` (100) events, oldest first. With `follow`, an async iterator that goes on with
   * those to come until the client is closed, also in an instance that takes a killed one's place. Nobody waits for it:
   * an `events.missed` tells how many it was too slow for. Throws or rejects with INVALID_ARGUMENT.
   */
  events(options: EventsGiven & { readonly follow: true }): AsyncIterableIterator<ServeEvent>;
  events(options?: EventsGiven & { readonly follow?: false }): Promise<readonly ServeEvent[]>;
  events(options: EventsGiven = {}): AsyncIterableIterator<ServeEvent> | Promise<readonly ServeEvent[]> {
    return this.#watches.events(this.#use.requireOpen, options);
  }

  [TO_WIRE](): Part {
    return { kind: CLIENT_PART, state: null };
  }

  /** Lets go of the instance. One that runs in this process ends with it. A second call does nothing. */
  async close(): Promise<void> {
    await this.#use.close();
  }

  /** Stops the instance: drains nothing, gives users' `shutdown` a second. A second call does nothing. */
  async shutdown(): Promise<void> {
    await this.#use.shutdown();
  }

  /** Throws CLIENT_CLOSED. */
  get #open(): Controls {
    this.#use.requireOpen();
    return this.#controls;
  }
}
