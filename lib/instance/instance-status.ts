/** What an instance shows of itself, and when it has changed. */
import type { BackendSupervisor } from '../controller/backend-supervisor.ts';
import type { Controller } from '../controller/controller.ts';
import { type BackendConfig, type BackendTag, concurrencyOf } from '../domain/backend.ts';
import { LOAD, type ReplicaTag } from '../domain/replica.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';
import { shownValue } from '../domain/shown-value.ts';
import type { BackendStatus, EndpointStatus, ReplicaStatus, ServeStatus } from '../domain/status.ts';
import { ServeError } from '../errors.ts';
import type { Machine } from '../node/inventory.ts';
import type { LocalNode } from '../node/node.ts';
import type { Meters } from '../telemetry/meters.ts';
import type { ReplicaGauge } from '../telemetry/prometheus.ts';
import { version } from '../version.ts';

export interface StatusParts {
  readonly name: string;
  readonly host: 'inline' | 'process';
  readonly detached: boolean;
  readonly node: LocalNode;
  readonly controller: Controller;
  readonly meters: Meters;
  queued(tag: BackendTag): number;
  httpUrl(): string | null;
}

/** How often watchers hear of traffic, in ms. */
const TRAFFIC_PERIOD_MS = 250;
/** Stats slide on for this long after the last query, in ms. */
const STATS_WINDOW_MS = 61_000;

export class InstanceStatus {
  readonly #parts: StatusParts;
  readonly #startedAt = new Date().toISOString();
  readonly #queuedInReplicas = new Map<ReplicaTag, Readonly<Record<BackendTag, number>>>();
  #serial = 1;
  #lastUse = Number.NEGATIVE_INFINITY;
  readonly #waiters = new Set<() => void>();
  #isStopped = false;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** Something other than traffic has changed. */
  touched(): void {
    this.#serial++;
    for (const wake of this.#waiters) wake();
  }

  /** A query came. On the request path. */
  used(): void {
    this.#lastUse = performance.now();
  }

  measured(replica: ReplicaTag, queued: Readonly<Record<BackendTag, number>>): void {
    this.#queuedInReplicas.set(replica, queued);
    this.used();
  }

  /** Its thread is gone, and with it the queries that waited there. */
  replicaEnded(replica: ReplicaTag): void {
    this.#queuedInReplicas.delete(replica);
  }

  stop(): void {
    this.#isStopped = true;
    this.touched();
  }

  /** A snapshot that differs from the one of serial `after`. Rejects CLIENT_CLOSED when the instance stops. */
  async after(after: number | null, gone: AbortSignal | null): Promise<{ serial: number; status: ServeStatus }> {
    if (after === null) await this.settled();
    while (after !== null && this.#serial === after && !this.#isStopped && !gone?.aborted) await this.#change(gone);
    if (this.#isStopped) throw new ServeError('CLIENT_CLOSED', 'the instance has been shut down');
    return { serial: this.#serial, status: this.snapshot() };
  }

  /** Resolves when the figures of GPUs are new, or when they take too long to wait for. */
  settled(): Promise<void> {
    return this.#parts.node.settled();
  }

  snapshot(): ServeStatus {
    const { controller, name, host, detached, node } = this.#parts;
    const { machine } = node;
    const supervisors = controller.supervisors;
    return {
      instance: {
        name,
        version,
        pid: machine.pid,
        host,
        detached,
        revision: controller.state.revision,
        startedAt: this.#startedAt,
        httpUrl: this.#parts.httpUrl(),
      },
      nodes: [node.status],
      backends: this.#backends(supervisors),
      replicas: supervisors.flatMap((supervisor) => replicaStatuses(supervisor, machine)),
      endpoints: Object.fromEntries(
        [...controller.state.endpoints].map(([endpoint, entry]) => [endpoint, this.#endpoint(entry)]),
      ),
    };
  }

  /** Of one that is being replaced, or has been, by the one in force. */
  #backends(supervisors: readonly BackendSupervisor[]): Record<BackendTag, BackendStatus> {
    const byTag = new Map<BackendTag, BackendSupervisor>();
    for (const supervisor of supervisors) if (!byTag.has(supervisor.tag)) byTag.set(supervisor.tag, supervisor);
    return Object.fromEntries([...byTag].map(([tag, supervisor]) => [tag, this.#backend(supervisor)]));
  }

  gauges(): ReplicaGauge[] {
    return this.#parts.controller.supervisors.flatMap((supervisor) =>
      replicaStatuses(supervisor, this.#parts.node.machine).map(({ tag, backend, ongoing, queued }) => ({
        backend,
        replica: tag,
        queued,
        processing: ongoing,
      })),
    );
  }

  #backend(supervisor: BackendSupervisor): BackendStatus {
    const { slots, config, tag } = supervisor;
    const now = performance.now();
    let queued = this.#parts.queued(tag);
    for (const counts of this.#queuedInReplicas.values()) queued += counts[tag] ?? 0;
    return {
      config: plainConfig(config),
      replicas: {
        target: config.numReplicas,
        running: slots.filter((slot) => slot.isServing).length,
        pending: supervisor.pendingReasons.map((reason) => ({ reason })),
      },
      queued,
      stats: this.#parts.meters.backendStats(tag, now),
    };
  }

  #endpoint({ name, route, methods, traffic, shadows }: EndpointEntry): EndpointStatus {
    return {
      route,
      methods: [...methods],
      traffic: Object.fromEntries(traffic.weights),
      shadows: Object.fromEntries(shadows),
      stats: this.#parts.meters.endpointStats(name, performance.now()),
    };
  }

  /** Traffic is looked at now and then rather than told by each query, which would cost every query. */
  async #change(gone: AbortSignal | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add(resolve);
    const wake = (): void => resolve();
    gone?.addEventListener('abort', wake);
    const timer = setInterval(() => {
      if (performance.now() - this.#lastUse < STATS_WINDOW_MS) this.touched();
    }, TRAFFIC_PERIOD_MS);
    // Who watches something that nothing keeps alive does not keep it alive either.
    timer.unref();
    const stopAttending = this.#parts.node.attend();
    try {
      await promise;
    } finally {
      this.#waiters.delete(resolve);
      gone?.removeEventListener('abort', wake);
      stopAttending();
      clearInterval(timer);
    }
  }
}

const plainConfigs = new WeakMap<BackendConfig, BackendConfig>();

const WHOLE_CONFIG = 'getBackendConfig() gives it as it is';

/** A config as plain JSON: its `userConfig` may be anything that can be cloned. Made once of each config. */
function plainConfig(config: BackendConfig): BackendConfig {
  let plain = plainConfigs.get(config);
  if (!plain) {
    const { userConfig, ...others } = config;
    plain = (
      userConfig === undefined ? others : { ...others, userConfig: shownValue(userConfig, WHOLE_CONFIG) }
    ) as BackendConfig;
    plainConfigs.set(config, plain);
  }
  return structuredClone(plain);
}

function replicaStatuses(supervisor: BackendSupervisor, machine: Machine): ReplicaStatus[] {
  const { isolation } = supervisor.source;
  return supervisor.slots.map((slot) => {
    const load = slot.host ? new Int32Array(slot.host.load) : null;
    return {
      tag: slot.tag,
      backend: supervisor.tag,
      node: machine.id,
      state: slot.state,
      isolation,
      // A process that has not told its own yet has none.
      pid: isolation === 'thread' ? machine.pid : (slot.pid ?? 0),
      threadId: slot.host && isolation === 'thread' ? slot.threadId : null,
      gpus: [...slot.gpus],
      ongoing: load ? Atomics.load(load, LOAD.processing) : 0,
      queued: load ? Atomics.load(load, LOAD.waiting) : 0,
      limit: concurrencyOf(supervisor.config),
      restarts: slot.restarts,
      startedAt: slot.startedAt,
    };
  });
}
