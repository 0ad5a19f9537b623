/** One replica over its incarnations: started, watched, replaced when it dies, stopped in good order. */
import {
  LOAD,
  NEXT_STATES,
  type ReplicaHost,
  type ReplicaState,
  type ReplicaTag,
  type ReplicaTraits,
} from '../domain/replica.ts';
import { ServeError } from '../errors.ts';
import type { IfNone } from './claim.ts';
import { HealthWatch } from './health-watch.ts';
import { deathsInARow, restartPauseMs } from './restart-policy.ts';
import type { SlotParts } from './slot-parts.ts';
import { messageOf } from './start-failure.ts';
import { within } from './within.ts';

export class ReplicaSlot {
  readonly tag: ReplicaTag;
  readonly number: number;
  restarts = 0;
  startedAt = new Date().toISOString();
  threadId: number | null = null;
  /** Null before it has run for the first time. */
  pid: number | null = null;
  /** The userConfig that its incarnation was started or last reconfigured with. */
  userConfig: unknown = undefined;
  readonly #parts: SlotParts;
  #state: ReplicaState = 'STARTING';
  #host: ReplicaHost | null = null;
  #incarnation = 0;
  #deaths = 0;
  #runningSince = 0;
  #restartAt: number | null = null;
  #restartTimer: NodeJS.Timeout | null = null;
  #health: HealthWatch | null = null;
  #lastTrouble = '';
  #isLeaving = false;
  #abortStart: ((reason: Error) => void) | null = null;

  constructor(parts: SlotParts) {
    this.tag = parts.tag;
    this.number = parts.number;
    this.#parts = parts;
    this.#runningSince = parts.now();
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get host(): ReplicaHost | null {
    return this.#host;
  }

  /** What routers call its present incarnation. */
  get id(): string {
    return `${this.tag}@${this.#incarnation}`;
  }

  /** Whether it may be sent queries. */
  get isServing(): boolean {
    return this.#state === 'RUNNING' || this.#state === 'UPDATING';
  }

  /** Physical indices of the GPUs it holds. */
  get gpus(): readonly number[] {
    return this.#parts.claim.gpus;
  }

  /** Resolves when it has left, what ran in it is gone, and nothing is held for it. */
  get released(): Promise<void> {
    return this.#parts.claim.released;
  }

  /** Why it does not serve; null when it does, or leaves. */
  get pendingReason(): string | null {
    const { now, claim } = this.#parts;
    if (this.#isLeaving) return null;
    if (claim.reason !== null) return claim.reason;
    if (this.#state === 'STARTING') return `starting since ${seconds(now() - this.#runningSince)}`;
    if (this.#state !== 'DEAD') return null;
    const next = this.#restartAt === null ? 'soon' : `in ${seconds(Math.max(0, this.#restartAt - now()))}`;
    return `restarts ${next} after ${this.#deaths} death${this.#deaths === 1 ? '' : 's'} in a row: ${this.#lastTrouble}`;
  }

  /** Starts one incarnation and resolves when it runs. Rejects, with nothing left running, when it does not. */
  async start(ifNone: IfNone): Promise<void> {
    const { claim } = this.#parts;
    await this.#parts.mayStart();
    if (!this.#isLeaving) await claim.ready(ifNone);
    if (this.#isLeaving) throw leftWhileStarting(this.tag);
    this.#incarnation++;
    this.#state = 'STARTING';
    this.#runningSince = this.#parts.now();
    this.startedAt = new Date().toISOString();
    const incarnation = this.#incarnation;
    const host = this.#parts.launch({ died: (reason) => this.#died(incarnation, reason) });
    this.#host = host;
    claim.use();
    try {
      const traits = await this.#startWithin(host);
      if (this.#isLeaving) throw leftWhileStarting(this.tag);
      this.#parts.check(traits);
      this.threadId = traits.threadId;
      this.pid = traits.pid;
    } catch (error) {
      this.#drop(host);
      throw error;
    }
    this.#enter('RUNNING');
    this.#runningSince = this.#parts.now();
    this.#watchHealth(host);
    this.#parts.report('started', `replica '${this.tag}' runs`, null);
    this.#parts.changed(null);
  }

  /** Starts an incarnation once there is room; when that fails, another after a pause. Resolves after the first try. */
  async startOrRetry(again: 'again' | '' = ''): Promise<void> {
    try {
      await this.start('wait');
    } catch (error) {
      if (this.#isLeaving) return;
      this.#state = 'DEAD';
      this.#deaths++;
      this.#lastTrouble = messageOf(error);
      const nextMs = restartPauseMs(this.#deaths);
      const what = `replica '${this.tag}' failed to start${again && ' again'}: ${this.#lastTrouble}`;
      this.#parts.report('failed', what, nextMs);
      this.#restartIn(nextMs);
    }
  }

  /**
   * Applies a userConfig; queries wait from now until `resume`. Rejects with what `reconfigure` threw: the old value may
   * then be half gone. One that does not end may act at any time later, so that replica is replaced.
   */
  async reconfigure(userConfig: unknown, withinMs: number): Promise<void> {
    const host = this.#host;
    if (!host || !this.isServing) return;
    if (this.#state === 'RUNNING') this.#enter('UPDATING');
    this.#parts.changed(null);
    const graceMs = this.#parts.graceMs();
    await within(host.reconfigure(userConfig, graceMs), withinMs + graceMs, () => {
      const message = `reconfigure() did not end within ${withinMs} ms`;
      if (this.#host === host) this.replace(message);
      return new Error(message);
    });
    this.userConfig = userConfig;
  }

  /** Queries run again after a `reconfigure`. */
  resume(): void {
    this.#host?.resume();
    if (this.#state !== 'UPDATING') return;
    this.#enter('RUNNING');
    this.#parts.changed(null);
  }

  /** Ends this incarnation and starts another. */
  replace(reason: string): void {
    if (this.#isLeaving || !this.#host) return;
    // Where in the toolkit that was tells nobody anything.
    this.#died(this.#incarnation, Object.assign(new Error(reason), { stack: `Error: ${reason}` }));
  }

  /** Takes it out of routing; it no longer counts, and is not restarted. Call `changed` routers first, then `drain`. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#stopTimers();
    this.#abortStart?.(leftWhileStarting(this.tag));
    if (this.#state !== 'DEAD') this.#enter('STOPPING');
    this.#parts.claim.giveUp();
  }

  /** After `leave`: finishes what it has within `graceMs`, runs the user's `shutdown`, ends it. Never rejects. */
  async drain(graceMs: number): Promise<void> {
    const host = this.#host;
    if (!host || this.#state === 'DEAD') return;
    let trouble: string | null = null;
    if (graceMs > 0) {
      await within(host.drain(), graceMs, () => new Error(`it was not done within the grace of ${graceMs} ms`)).catch(
        (error: Error) => {
          trouble = error.message;
        },
      );
    }
    this.#finish(host, trouble);
  }

  /** After `leave`: runs the user's `shutdown` without waiting for queries, for at most `withinMs`, and ends it. */
  async shutDown(withinMs: number): Promise<void> {
    const host = this.#host;
    if (!host || this.#state === 'DEAD') return;
    let trouble: string | null = null;
    await within(host.shutDown(), withinMs, () => new Error(`shutdown() was not done within ${withinMs} ms`)).catch(
      (error: Error) => {
        trouble = error.message;
      },
    );
    this.#finish(host, trouble);
  }

  #finish(host: ReplicaHost, trouble: string | null): void {
    if (this.#state === 'DEAD') return; // it was still starting: that was broken off, and ended it
    this.#enter('DEAD');
    const message = trouble ? `replica '${this.tag}' was stopped: ${trouble}` : `replica '${this.tag}' stopped`;
    this.#parts.report('stopped', message, null);
    this.#parts.changed(this.id);
    this.#kill(host);
  }

  async #startWithin(host: ReplicaHost): Promise<ReplicaTraits> {
    const { startTimeoutMs } = this.#parts;
    const aborted = new Promise<never>((_, reject) => {
      this.#abortStart = reject;
    });
    const late = () => new Error(`its constructor did not end within startTimeoutMs, ${startTimeoutMs} ms`);
    try {
      return await Promise.race([within(host.start(), startTimeoutMs, late), aborted]);
    } finally {
      this.#abortStart = null;
    }
  }

  #died(incarnation: number, reason: Error): void {
    const host = this.#host;
    if (incarnation !== this.#incarnation || !host) return;
    const wasServing = this.isServing;
    const id = this.id;
    this.#host = null;
    this.#health?.stop();
    this.#lastTrouble = reason.message;
    if (!wasServing) return; // a start that failed is told by its promise; one that leaves, by `drain`
    this.#enter('DEAD');
    this.#deaths = deathsInARow(this.#deaths, this.#parts.now() - this.#runningSince);
    const pauseMs = this.#isLeaving ? null : restartPauseMs(this.#deaths);
    this.#parts.report('died', `replica '${this.tag}' died: ${reason.stack ?? reason.message}`, pauseMs);
    this.#parts.changed(id);
    this.#kill(host);
    if (pauseMs !== null) this.#restartIn(pauseMs);
  }

  #restartIn(pauseMs: number): void {
    this.#restartAt = this.#parts.now() + pauseMs;
    this.#restartTimer = setTimeout(() => {
      this.#restartAt = null;
      this.restarts++;
      void this.startOrRetry('again');
    }, pauseMs);
    this.#restartTimer.unref();
  }

  #watchHealth(host: ReplicaHost): void {
    this.#health = new HealthWatch({
      check: () => host.checkHealth(),
      isWaiting: () => Atomics.load(new Int32Array(host.load), LOAD.isBlockedInGet) === 1,
      periodMs: () => this.#parts.healthCheckPeriodMs(),
      now: this.#parts.now,
      failed: (failures, message) =>
        this.#parts.report('unhealthy', `replica '${this.tag}' failed health check ${failures}: ${message}`, null),
      givenUp: (reason) => this.replace(reason),
    });
  }

  /** Ends an incarnation that never served. */
  #drop(host: ReplicaHost): void {
    if (this.#host === host) this.#host = null;
    this.#state = 'DEAD';
    this.#kill(host);
  }

  #kill(host: ReplicaHost): void {
    if (this.#host === host) this.#host = null;
    this.#health?.stop();
    const gone = host.kill();
    this.#parts.claim.ended(gone);
    this.#parts.killed(gone);
  }

  #stopTimers(): void {
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    this.#restartTimer = null;
    this.#restartAt = null;
    this.#health?.stop();
  }

  #enter(state: ReplicaState): void {
    if (!NEXT_STATES[this.#state].includes(state)) {
      throw new Error(`replica '${this.tag}' cannot go from ${this.#state} to ${state}`);
    }
    this.#state = state;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const leftWhileStarting = (tag: ReplicaTag): ServeError =>
  new ServeError('CANCELLED', `replica '${tag}' was stopped while it was starting`);
