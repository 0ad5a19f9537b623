/** Keeps one backend's replicas as its config wants them. Its owner serialises the calls that change the config. */
import { isDeepStrictEqual } from 'node:util';
import { type BackendConfig, type BackendTag, concurrencyOf } from '../domain/backend.ts';
import { type ReplicaHooks, type ReplicaHost, type ReplicaTraits, servingOf } from '../domain/replica.ts';
import { type Lease, type Needs, needsOf } from '../domain/resources.ts';
import { type BackendEntry, entryOf } from '../domain/routing-table.ts';
import { describeNeeds } from '../domain/shortage.ts';
import { ServeError } from '../errors.ts';
import { type BackendSource, specOf } from './backend-source.ts';
import { Blocked } from './blocked.ts';
import { Claim } from './claim.ts';
import type { Commit } from './commit.ts';
import { requireFit } from './fit.ts';
import { planReplicas } from './reconcile.ts';
import { goBack, reconfigureAll } from './reconfigure-all.ts';
import { ReplicaSlot } from './replica-slot.ts';
import { constructorTries } from './restart-policy.ts';
import { isFinal, isLackOfResources, messageOf, startFailed } from './start-failure.ts';
import type { SupervisorParts } from './supervisor-parts.ts';
import { within } from './within.ts';

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
  readonly #blocked = new Blocked(() => Math.max(4, 2 * this.#config.numReplicas));

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

  /** Starts what was there before: what fails to start is tried again, for ever. Resolves after the first tries. */
  async recover(): Promise<void> {
    const slots = Array.from({ length: this.#config.numReplicas }, () => this.#newSlot(null));
    await Promise.all(slots.map((slot) => slot.startOrRetry()));
  }

  /**
   * Makes the config true at every replica as far as nobody sees it, has it committed, and resolves when it is in force.
   * Rejects with the old one still true, also when `commit` does; with BACKEND_NOT_FOUND when the backend was removed
   * meanwhile.
   */
  async update(config: BackendConfig, commit: Commit): Promise<void> {
    try {
      await this.#bring(config, commit);
    } catch (error) {
      if (!this.isDisposed) throw error;
      throw new ServeError('BACKEND_NOT_FOUND', `backend '${this.tag}' was deleted while it was being updated`);
    }
  }

  async #bring(config: BackendConfig, commit: Commit): Promise<void> {
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
    let started: readonly ReplicaSlot[] = [];
    try {
      started = await this.#startSlots(leases);
      await commit({ act: () => this.#putInForce(config, isNewUserConfig) });
    } catch (error) {
      this.#coming = before;
      await this.#end(started, before.gracefulShutdownTimeoutMs);
      if (isNewUserConfig) await goBack(this.#serving(), change);
      throw error;
    }
  }

  #putInForce(config: BackendConfig, isNewUserConfig: boolean): void {
    this.#config = config;
    for (const slot of this.slots) {
      slot.host?.configure(servingOf(config));
      if (isNewUserConfig && slot.isServing && slot.userConfig !== config.userConfig) {
        slot.replace('it was started with an older userConfig');
      }
    }
    const { toStop } = planReplicas(config.numReplicas, this.slots);
    void this.#end(
      this.slots.filter(({ tag }) => toStop.includes(tag)),
      config.gracefulShutdownTimeoutMs,
    );
  }

  /** Lets every replica finish within `graceMs` and ends it. The table no longer has the backend. */
  async remove(graceMs: number): Promise<void> {
    this.#dispose();
    await this.#end(this.slots, graceMs);
  }

  /** Ends every replica now, with a second for the users' `shutdown`. */
  async shutDown(): Promise<void> {
    this.#dispose();
    const leaving = this.slots;
    for (const slot of leaving) slot.leave();
    await Promise.all(leaving.map((slot) => slot.shutDown(SHUTDOWN_MS)));
    this.#slots.clear();
    await this.#blocked.ended(SHUTDOWN_MS);
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
  async #startSlots(leases: readonly Lease[]): Promise<readonly ReplicaSlot[]> {
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
          if (isFinal(error) || this.isDisposed || triesLeft-- <= 0) throw failure;
        }
      }
    };
    try {
      this.requireKept();
      await Promise.all(slots.map(startOne));
      this.requireKept();
    } catch (error) {
      triesLeft = 0;
      const graceMs = this.#config.gracefulShutdownTimeoutMs;
      await Promise.all(slots.map((slot) => this.#end([slot], slot.isServing ? graceMs : 0)));
      throw startFailed(this.tag, error);
    }
    return slots;
  }

  /** It was removed, or the instance has stopped. */
  get isDisposed(): boolean {
    return this.#disposal.signal.aborted;
  }

  #dispose(): void {
    this.#disposal.abort(new ServeError('CANCELLED', `backend '${this.tag}' was deleted while it was starting`));
  }

  /** Throws what it was removed for. */
  requireKept(): void {
    this.#disposal.signal.throwIfAborted();
  }

  /** `lease`: null = it finds one itself. */
  #newSlot(lease: Lease | null): ReplicaSlot {
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
      mayStart: () => this.#blocked.few(() => this.isDisposed),
      killed: (gone) => this.#blocked.add(gone),
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

  /** Takes them out of routing, then lets them finish within `graceMs`. Resolves when they are gone. */
  async #end(leaving: readonly ReplicaSlot[], graceMs: number): Promise<void> {
    for (const slot of leaving) slot.leave();
    this.#parts.changed(null);
    await Promise.all(leaving.map((slot) => this.#drain(slot, graceMs)));
  }

  async #drain(slot: ReplicaSlot, graceMs: number): Promise<void> {
    await slot.drain(graceMs);
    this.#slots.delete(slot.tag);
    this.#parts.changed(null);
    await within(slot.released, RELEASE_MS, () => new Error('it is not gone')).catch(() => {});
  }
}
