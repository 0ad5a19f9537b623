/** Keeps one backend's replicas as its config wants them. Its owner serialises the calls that change the config. */
import { isDeepStrictEqual } from 'node:util';
import { type BackendConfig, type BackendTag, concurrencyOf } from '../domain/backend.ts';
import {
  type ReplicaHooks,
  type ReplicaHost,
  type ReplicaSpec,
  type ReplicaTraits,
  servingOf,
} from '../domain/replica.ts';
import { type BackendEntry, entryOf } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { requireFit } from './fit.ts';
import { planReplicas } from './reconcile.ts';
import { ReplicaSlot, type SlotParts } from './replica-slot.ts';
import { constructorTries } from './restart-policy.ts';
import { isFinal, messageOf, startFailed } from './start-failure.ts';

/** What a backend is made of, besides its config. */
export interface BackendSource {
  readonly shipment: unknown;
  readonly initArgs: readonly unknown[];
  readonly maxMemoryBytes: number | null;
  readonly startTimeoutMs: number;
  readonly numCpus: number;
}

export interface SupervisorParts {
  launch(
    spec: Omit<ReplicaSpec, 'instanceName' | 'httpUrl'>,
    slot: ReplicaSlot,
    hooks: Pick<ReplicaHooks, 'died'>,
  ): ReplicaHost;
  /** Routers must hear of this backend's replicas; `dead`: the id of one that died. */
  changed(dead: string | null): void;
  report: (backend: BackendTag, replica: string, ...what: Parameters<SlotParts['report']>) => void;
  readonly now: () => number;
}

/** The user's `shutdown` gets this long when the whole instance stops, in ms. */
const SHUTDOWN_MS = 1000;

export class BackendSupervisor {
  readonly tag: BackendTag;
  readonly source: BackendSource;
  readonly #parts: SupervisorParts;
  readonly #slots = new Map<string, ReplicaSlot>();
  /** In force: what routers use. */
  #config: BackendConfig;
  /** What replicas are started with: ahead of `#config` while an update may still be taken back. */
  #coming: BackendConfig;
  #traits: ReplicaTraits | null = null;
  #nextNumber = 1;
  #isDisposed = false;
  /** Killed threads that have not ended: native code holds them. */
  readonly #blocked = new Set<Promise<void>>();

  constructor(tag: BackendTag, source: BackendSource, config: BackendConfig, parts: SupervisorParts) {
    this.tag = tag;
    this.source = source;
    this.#config = config;
    this.#coming = config;
    this.#parts = parts;
  }

  get slots(): readonly ReplicaSlot[] {
    return [...this.#slots.values()];
  }

  get config(): BackendConfig {
    return this.#config;
  }

  get entry(): BackendEntry {
    const config = this.#config;
    return {
      tag: this.tag,
      wanted: config.numReplicas,
      limit: concurrencyOf(config),
      maxQueued: config.maxQueuedQueries,
      requestTimeoutMs: config.requestTimeoutMs,
      replicas: this.slots
        .filter((slot) => slot.isServing)
        .flatMap((slot) => (slot.host ? [entryOf(slot.id, slot.tag, slot.host)] : [])),
    };
  }

  /** Starts what the config wants. Rejects BACKEND_START_FAILED (and what `check` refuses) with nothing left running. */
  start(): Promise<void> {
    return this.#startSlots(this.#config.numReplicas);
  }

  /**
   * Resolves when the config is true at every replica. Rejects with the old one still true; with BACKEND_NOT_FOUND when
   * the backend was removed meanwhile.
   */
  async update(config: BackendConfig): Promise<void> {
    try {
      await this.#bring(config);
    } catch (error) {
      if (!this.#isDisposed) throw error;
      throw new ServeError('BACKEND_NOT_FOUND', `backend '${this.tag}' was deleted while it was being updated`);
    }
  }

  async #bring(config: BackendConfig): Promise<void> {
    const before = this.#config;
    if (this.#traits) requireFit(this.tag, config, this.#traits);
    const isNewUserConfig = config.userConfig !== undefined && !isDeepStrictEqual(config.userConfig, before.userConfig);
    const reconfigured = isNewUserConfig ? await this.#reconfigureAll(config.userConfig, before.userConfig) : [];
    this.#coming = config;
    for (const slot of reconfigured) slot.resume();
    try {
      await this.#startSlots(planReplicas(config.numReplicas, this.slots).toStart);
    } catch (error) {
      this.#coming = before;
      if (isNewUserConfig) await this.#goBack(this.#serving(), before.userConfig);
      throw error;
    }
    this.#config = config;
    for (const slot of this.slots) {
      slot.host?.configure(servingOf(config));
      if (isNewUserConfig && slot.isServing && slot.userConfig !== config.userConfig) {
        slot.replace('it was started with an older userConfig');
      }
    }
    const leaving = this.#takeOut(planReplicas(config.numReplicas, this.slots).toStop);
    this.#parts.changed(null);
    for (const slot of leaving) void this.#drain(slot, config.gracefulShutdownTimeoutMs);
  }

  /** Lets every replica finish within `graceMs` and ends it. The table no longer has the backend. */
  async remove(graceMs: number): Promise<void> {
    this.#isDisposed = true;
    const leaving = this.#takeOut([...this.#slots.keys()]);
    this.#parts.changed(null);
    await Promise.all(leaving.map((slot) => this.#drain(slot, graceMs)));
  }

  /** Ends every replica now, with a second for the users' `shutdown`. */
  async shutDown(): Promise<void> {
    this.#isDisposed = true;
    const leaving = this.#takeOut([...this.#slots.keys()]);
    await Promise.all(leaving.map((slot) => slot.shutDown(SHUTDOWN_MS)));
    this.#slots.clear();
    await Promise.race([Promise.all(this.#blocked), after(SHUTDOWN_MS)]);
  }

  /** A start counts against this many tries in all: a constructor that fails once is given another. */
  async #startSlots(count: number): Promise<void> {
    this.#requireKept();
    const slots = Array.from({ length: count }, () => this.#newSlot());
    let triesLeft = constructorTries(count) - count;
    const startOne = async (slot: ReplicaSlot): Promise<void> => {
      for (;;) {
        try {
          return await slot.start();
        } catch (error) {
          this.#parts.report(
            this.tag,
            slot.tag,
            'failed',
            `replica '${slot.tag}' failed to start: ${messageOf(error)}`,
            null,
          );
          if (isFinal(error) || this.#isDisposed || triesLeft-- <= 0) throw error;
        }
      }
    };
    try {
      await Promise.all(slots.map(startOne));
      this.#requireKept();
    } catch (error) {
      triesLeft = 0;
      const leaving = this.#takeOut(slots.map((slot) => slot.tag));
      this.#parts.changed(null);
      await Promise.all(leaving.map((slot) => this.#drain(slot, 0)));
      throw startFailed(this.tag, error);
    }
  }

  #requireKept(): void {
    if (this.#isDisposed) throw new ServeError('CANCELLED', `backend '${this.tag}' was deleted while it was starting`);
  }

  #newSlot(): ReplicaSlot {
    const number = this.#nextNumber++;
    const tag = `${this.tag}#${number}`;
    const slot: ReplicaSlot = new ReplicaSlot({
      tag,
      number,
      launch: (hooks) => {
        slot.userConfig = this.#coming.userConfig;
        return this.#parts.launch(this.#spec(tag), slot, hooks);
      },
      changed: this.#parts.changed,
      report: (...what) => this.#parts.report(this.tag, tag, ...what),
      mayStart: () => this.#mayStart(),
      killed: (gone) => this.#countBlocked(gone),
      check: (traits) => this.#check(traits, slot),
      startTimeoutMs: this.source.startTimeoutMs,
      healthCheckPeriodMs: () => this.#config.healthCheckPeriodMs,
      graceMs: () => this.#config.gracefulShutdownTimeoutMs,
      now: this.#parts.now,
    });
    this.#slots.set(tag, slot);
    return slot;
  }

  #spec(replica: string): Omit<ReplicaSpec, 'instanceName' | 'httpUrl'> {
    const { shipment, initArgs, maxMemoryBytes } = this.source;
    const { userConfig } = this.#coming;
    return {
      backend: this.tag,
      replica,
      shipment,
      initArgs,
      serving: servingOf(this.#coming),
      userConfig,
      isolation: 'thread',
      envVars: {},
      node: null,
      directory: null,
      maxMemoryBytes,
    };
  }

  #check(traits: ReplicaTraits, slot: ReplicaSlot): void {
    requireFit(this.tag, this.#coming, traits);
    this.#traits = traits;
    // It was under way while the others were reconfigured.
    if (!isDeepStrictEqual(slot.userConfig, this.#coming.userConfig))
      throw new Error('it started with an older userConfig');
  }

  #serving(): ReplicaSlot[] {
    return this.slots.filter((slot) => slot.isServing);
  }

  /**
   * All or none: where it fails, those that took the new value get the old one back. No query runs until that is
   * settled; the replicas returned are still to be resumed.
   */
  async #reconfigureAll(userConfig: unknown, before: unknown): Promise<readonly ReplicaSlot[]> {
    const slots = this.#serving();
    const outcomes = await Promise.allSettled(
      slots.map((slot) => slot.reconfigure(userConfig, this.source.startTimeoutMs)),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed) return slots;
    await this.#goBack(slots, before);
    throw new ServeError(
      'RECONFIGURE_FAILED',
      `reconfigure() of backend '${this.tag}' failed: ${messageOf(failed.reason)}; the old userConfig stays in force`,
      { cause: failed.reason },
    );
  }

  /** Gives the old userConfig back; a replica that had none, or that refuses it, is replaced by a fresh one. */
  async #goBack(slots: readonly ReplicaSlot[], before: unknown): Promise<void> {
    await Promise.all(
      slots.map(async (slot) => {
        if (before === undefined) slot.replace('its userConfig was taken back');
        else {
          await slot
            .reconfigure(before, this.source.startTimeoutMs)
            .catch((error) => slot.replace(`reconfigure() with the old userConfig failed: ${messageOf(error)}`));
          slot.resume();
        }
      }),
    );
  }

  #takeOut(tags: readonly string[]): ReplicaSlot[] {
    const leaving = tags.flatMap((tag) => this.#slots.get(tag) ?? []);
    for (const slot of leaving) slot.leave();
    return leaving;
  }

  async #drain(slot: ReplicaSlot, graceMs: number): Promise<void> {
    await slot.drain(graceMs);
    this.#slots.delete(slot.tag);
    this.#parts.changed(null);
  }

  #countBlocked(gone: Promise<void>): void {
    this.#blocked.add(gone);
    void gone.finally(() => this.#blocked.delete(gone));
  }

  /** Threads that native code holds go on using memory and a core: beyond a few, starts wait for one to end. */
  async #mayStart(): Promise<void> {
    while (this.#blocked.size > Math.max(4, 2 * this.#config.numReplicas) && !this.#isDisposed) {
      await Promise.race(this.#blocked);
    }
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
