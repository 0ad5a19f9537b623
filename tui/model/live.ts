/** An instance as it is now, whatever becomes of it: found, watched, lost, found again. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Client, InstancePerformance, ServeEvent, ServeStatus } from '../../lib/index.ts';
import { isServeFailure, messageOf } from './failure.ts';
import { SeriesStore } from './series.ts';

export type Phase =
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** `since`: when it was seen last; null: it never was. Times in ms, of the clock that `now` gives. */
  | {
      readonly type: 'lost';
      readonly reason: string;
      readonly since: number | null;
      readonly attempt: number;
      readonly retryAt: number;
    };

/** Never changed: a new one takes its place. */
export interface Live {
  readonly phase: Phase;
  /** The newest there was; null: none yet. */
  readonly status: ServeStatus | null;
  /** When it came. */
  readonly at: number;
  /** The newest there was; null: none yet. */
  readonly performance: InstancePerformance | null;
  /** When anything came from it. */
  readonly heardAt: number;
  /** Oldest first. */
  readonly events: readonly ServeEvent[];
}

/** The part of a client that is watched. */
export type Watched = Pick<Client, 'watch' | 'performance' | 'events' | 'close'>;

export interface LiveGiven<C extends Watched> {
  /** Rejects where there is no instance. */
  readonly connect: () => Promise<C>;
  readonly now?: () => number;
}

const KEPT_EVENTS = 1_000;
/** Between tries to connect, in ms; the last of them again and again. */
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
/** What comes in bursts is taken no faster. */
const LEAST_PERIOD_MS = 100;
/** How often it is asked how fast it is; its answer is also the sign that it is there, in ms. */
const PERFORMANCE_PERIOD_MS = 1_000;
/** What the instance itself lets pass between two snapshots of traffic. */
const INSTANCE_PERIOD_MS = 250;

export class LiveInstance<C extends Watched> {
  readonly series = new SeriesStore();
  readonly #given: LiveGiven<C>;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  #live: Live = { phase: { type: 'connecting' }, status: null, at: 0, performance: null, heardAt: 0, events: [] };
  #client: C | null = null;
  #retry: (() => void) | null = null;
  #isToldSoon = false;
  #newEvents: ServeEvent[] = [];
  /** How often snapshots are wanted, in ms. */
  periodMs = INSTANCE_PERIOD_MS;

  constructor(given: LiveGiven<C>) {
    this.#given = given;
    this.#now = given.now ?? Date.now;
  }

  get = (): Live => this.#live;

  /** Returns the function that ends the subscription. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Null while there is none. */
  get client(): C | null {
    return this.#live.phase.type === 'live' ? this.#client : null;
  }

  /** Resolves after `stop`. Never rejects: what goes wrong is what is shown. */
  async run(): Promise<void> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      const reason = await this.#watchOnce(() => {
        attempt = 0;
      });
      if (this.#stopping.signal.aborted) return;
      await this.#wait(reason, attempt);
    }
  }

  /** Does not wait until the next try is due. */
  retryNow(): void {
    this.#retry?.();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#retry?.();
    await this.#letGo();
  }

  /** Until the instance has gone; why it went. */
  async #watchOnce(cameAlive: () => void): Promise<string> {
    try {
      const client = await this.#given.connect();
      this.#client = client;
      if (this.#stopping.signal.aborted) {
        await this.#letGo();
        return 'closed';
      }
      void this.#follow(client);
      void this.#measure(client);
      await this.#watch(client, cameAlive);
      return 'it was shut down';
    } catch (error) {
      return messageOf(error);
    } finally {
      await this.#letGo();
    }
  }

  async #watch(client: C, cameAlive: () => void): Promise<void> {
    let before = Number.NEGATIVE_INFINITY;
    for await (const status of client.watch()) {
      cameAlive();
      this.#take(status);
      const came = performance.now();
      const pause = this.periodMs > INSTANCE_PERIOD_MS ? this.periodMs - INSTANCE_PERIOD_MS : LEAST_PERIOD_MS;
      // A snapshot is made when it is asked for: waiting here is what makes the instance do less.
      if (this.periodMs > INSTANCE_PERIOD_MS || came - before < LEAST_PERIOD_MS) await this.#pause(pause);
      before = came;
    }
  }

  #take(status: ServeStatus): void {
    const now = this.#now();
    const known = this.#live.status?.instance;
    // Its figures begin anew, and so do the charts.
    const isSame = known === undefined || known.startedAt === status.instance.startedAt;
    if (!isSame) this.series.clear();
    this.series.take(status, now);
    const performance = isSame ? this.#live.performance : null;
    this.#set({ ...this.#live, phase: { type: 'live' }, status, at: now, performance, heardAt: now });
  }

  /** Its end is the connection's, which is told elsewhere. */
  async #follow(client: C): Promise<void> {
    this.#set({ ...this.#live, events: [] });
    try {
      for await (const event of client.events({ follow: true, count: KEPT_EVENTS })) {
        this.#newEvents.push(event);
        this.#tellSoon();
      }
    } catch (error) {
      if (!isServeFailure(error)) throw error;
    }
  }

  /** Its end is the connection's, too. */
  async #measure(client: C): Promise<void> {
    try {
      while (this.#client === client) {
        const performance = await client.performance();
        if (this.#client !== client) return;
        const now = this.#now();
        const isSnapshotDue = now - this.#live.at < 2 * INSTANCE_PERIOD_MS;
        this.#live = { ...this.#live, performance, heardAt: now };
        // Where traffic is, the next snapshot shows both.
        if (!isSnapshotDue) this.#tell();
        await delay(Math.max(PERFORMANCE_PERIOD_MS, this.periodMs), undefined, { signal: this.#stopping.signal });
      }
    } catch (error) {
      if (!isServeFailure(error) && !this.#stopping.signal.aborted) throw error;
    }
  }

  /** Many at once are one change. */
  #tellSoon(): void {
    if (this.#isToldSoon) return;
    this.#isToldSoon = true;
    setImmediate(() => {
      this.#isToldSoon = false;
      const events = [...this.#live.events, ...this.#newEvents.splice(0)].slice(-KEPT_EVENTS);
      this.#set({ ...this.#live, events });
    });
  }

  async #wait(reason: string, attempt: number): Promise<void> {
    const delayMs = RETRY_MS[Math.min(attempt, RETRY_MS.length) - 1] ?? 0;
    const { phase, status, heardAt } = this.#live;
    const since = status === null ? null : phase.type === 'lost' ? phase.since : heardAt;
    this.#set({ ...this.#live, phase: { type: 'lost', reason, since, attempt, retryAt: this.#now() + delayMs } });
    await this.#pause(delayMs);
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#retry = resolve;
    return promise.finally(() => {
      clearTimeout(timer);
      this.#retry = null;
    });
  }

  async #letGo(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close().catch((error: unknown) => {
      if (!isServeFailure(error)) throw error; // else it has gone before
    });
  }

  #set(live: Live): void {
    this.#live = live;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
