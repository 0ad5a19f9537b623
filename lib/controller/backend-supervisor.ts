/** Keeps one backend's replicas as its config wants them. Its owner serialises the calls that change the config. */
import { isDeepStrictEqual } from 'node:util';
import { type BackendConfig, type BackendTag, concurrencyOf } from '../domain/backend.ts';
import { type ReplicaHooks, type ReplicaHost, type ReplicaTraits, servingOf } from '../domain/replica.ts';
import { type Lease, type Ledger, type Needs, needsOf } from '../domain/resources.ts';
import { type BackendEntry, entryOf } from '../domain/routing-table.ts';
import { describeNeeds } from '../domain/shortage.ts';
import { ServeError } from '../errors.ts';
import { type BackendSource, type BackendSpec, specOf } from './backend-source.ts';
import { Claim } from './claim.ts';
import { requireFit } from './fit.ts';
import { planReplicas } from './reconcile.ts';
import { goBack, reconfigureAll } from './reconfigure-all.ts';
import { ReplicaSlot } from './replica-slot.ts';
import { constructorTries } from './restart-policy.ts';
import type { SlotParts } from './slot-parts.ts';
import { isFinal, isLackOfResources, messageOf, startFailed } from './start-failure.ts';
import { within } from './within.ts';

export interface SupervisorParts {
  launch(spec: BackendSpec, slot: ReplicaSlot, hooks: Pick<ReplicaHooks, 'died'>): ReplicaHost;
  /** What is added to the environment of a replica that holds these GPUs. */
  environment(source: BackendSource, gpus: readonly number[]): Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  /** Routers must hear of this backend's replicas; `dead`: the id of one that died. */
  changed(dead: string | null): void;
  report: (backend: BackendTag, replica: string, ...what: Parameters<SlotParts['report']>) => void;
  readonly now: () => number;
}

/** The user's `shutdown` gets this long when the whole instance stops, in ms. */
const SHUTDOWN_MS = 1000;
/** A deletion, or a start that failed, waits so long for what was ended to be gone, in ms: native code can hold it. */
const RELEASE_MS = 1000;

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
  /** The number that its next replica gets. */
  nextNumber: number;
  readonly #needs: Needs;
  /** Aborted when the backend is removed, or the instance stops. */
  readonly #disposal = new AbortController();
  /** Replicas for which resources are being looked for. */
  #numSeeking = 0;
  /** Killed threads that have not ended: native code holds them. */
  readonly #blocked = new Set<Promise<void>>();

  /** `firstNumber`: larger than any of code that this replaces. */
  constructor(tag: BackendTag, source: BackendSource, config: BackendConfig, parts: SupervisorParts, firstNumber = 1) {
    this.nextNumber = firstNumber;
    this.tag = tag;
    this.source = source;
    this.#config = config;
    this.#coming = config;
    this.#parts = parts;
    this.#needs = needsOf(source);
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

  /** Why replicas that are wanted do not serve, one reason each. */
  get pendingReasons(): readonly string[] {
    const seeking = `waits for ${describeNeeds(this.#needs, 1)}`;
    return [
      ...this.slots.flatMap((slot) => slot.pendingReason ?? []),
      ...Array.from({ length: this.#numSeeking }, () => seeking),
    ];
  }

  /**
   * Starts what the config wants. Rejects INSUFFICIENT_RESOURCES, BACKEND_START_FAILED (and what `check` refuses) with
   * nothing left running.
   */
  async start(): Promise<void> {
    await this.#startSlots(await this.#seek(this.#config.numReplicas));
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
    const leases = await this.#seek(planReplicas(config.numReplicas, this.slots).toStart);
    const isNewUserConfig = config.userConfig !== undefined && !isDeepStrictEqual(config.userConfig, before.userConfig);
    const change = {
      userConfig: config.userConfig,
      before: before.userConfig,
      withinMs: this.source.startTimeoutMs,
    };
    const reconfigured = isNewUserConfig ? this.#serving() : [];
    try {
      await reconfigureAll(this.tag, reconfigured, change);
    } catch (error) {
      for (const lease of leases) lease.release();
      throw error;
    }
    this.#coming = config;
    for (const slot of reconfigured) slot.resume();
    try {
      await this.#startSlots(leases);
    } catch (error) {
      this.#coming = before;
      if (isNewUserConfig) await goBack(this.#serving(), change);
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
    this.#dispose();
    const leaving = this.#takeOut([...this.#slots.keys()]);
    this.#parts.changed(null);
    await Promise.all(leaving.map((slot) => this.#drain(slot, graceMs)));
  }

  /** Ends every replica now, with a second for the users' `shutdown`. */
  async shutDown(): Promise<void> {
    this.#dispose();
    const leaving = this.#takeOut([...this.#slots.keys()]);
    await Promise.all(leaving.map((slot) => slot.shutDown(SHUTDOWN_MS)));
    this.#slots.clear();
    await Promise.race([Promise.all(this.#blocked), after(SHUTDOWN_MS)]);
  }

  /** What so many more replicas need, all or nothing. */
  async #seek(count: number): Promise<readonly Lease[]> {
    if (count === 0) return [];
    const replicas = Array.from({ length: count }, (_, i) => `${this.tag}#${this.nextNumber + i}`);
    const { signal } = this.#disposal;
    this.#numSeeking = count;
    try {
      return await this.#parts.ledger.acquire({ backend: this.tag, replicas, needs: this.#needs, signal });
    } finally {
      this.#numSeeking = 0;
    }
  }

  /** One for each lease. A start counts against this many tries in all: a constructor that fails once is given another. */
  async #startSlots(leases: readonly Lease[]): Promise<void> {
    const slots = leases.map((lease) => this.#newSlot(lease));
    let triesLeft = constructorTries(slots.length) - slots.length;
    const startOne = async (slot: ReplicaSlot): Promise<void> => {
      for (let failure: unknown = null; ; ) {
        try {
          return await slot.start('refuse');
        } catch (error) {
          const message = `replica '${slot.tag}' failed to start: ${messageOf(error)}`;
          this.#parts.report(this.tag, slot.tag, 'failed', message, null);
          // What has failed holds on to its resources: that it did not leave any for another try is not the reason.
          failure = failure !== null && isLackOfResources(error) ? failure : error;
          if (isFinal(error) || this.#isDisposed || triesLeft-- <= 0) throw failure;
        }
      }
    };
    try {
      this.#requireKept();
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

  get #isDisposed(): boolean {
    return this.#disposal.signal.aborted;
  }

  #dispose(): void {
    this.#disposal.abort(new ServeError('CANCELLED', `backend '${this.tag}' was deleted while it was starting`));
  }

  #requireKept(): void {
    this.#disposal.signal.throwIfAborted();
  }

  #newSlot(lease: Lease): ReplicaSlot {
    const number = this.nextNumber++;
    const tag = `${this.tag}#${number}`;
    const { ledger, changed } = this.#parts;
    const { signal } = this.#disposal;
    const [backend, needs] = [this.tag, this.#needs];
    const claim = new Claim({ backend, replica: tag, needs, ledger, lease, signal, changed: () => changed(null) });
    const slot: ReplicaSlot = new ReplicaSlot({
      tag,
      number,
      claim,
      launch: (hooks) => this.#launch(slot, hooks),
      changed,
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

  #launch(slot: ReplicaSlot, hooks: Pick<ReplicaHooks, 'died'>): ReplicaHost {
    const { launch, environment } = this.#parts;
    slot.userConfig = this.#coming.userConfig;
    const envVars = environment(this.source, slot.gpus);
    return launch(specOf({ backend: this.tag, replica: slot.tag }, this.source, this.#coming, envVars), slot, hooks);
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

  #takeOut(tags: readonly string[]): ReplicaSlot[] {
    const leaving = tags.flatMap((tag) => this.#slots.get(tag) ?? []);
    for (const slot of leaving) slot.leave();
    return leaving;
  }

  async #drain(slot: ReplicaSlot, graceMs: number): Promise<void> {
    await slot.drain(graceMs);
    this.#slots.delete(slot.tag);
    this.#parts.changed(null);
    await within(slot.released, RELEASE_MS, () => new Error('it is not gone')).catch(() => {});
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
