/**
 * The one writer of an instance: takes operations, makes them true, publishes the routing table. An operation that
 * rejects has changed nothing. Operations on one backend follow each other; those on others do not wait for them.
 */
import { type BackendConfig, type BackendTag, mergeConfig } from '../domain/backend.ts';
import {
  type BackendEntry,
  differenceOf,
  EMPTY_TABLE,
  type EndpointEntry,
  type RoutingTable,
  type TableChange,
} from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import type { BackendSource } from './backend-source.ts';
import { BackendSupervisor, type SupervisorParts } from './backend-supervisor.ts';
import {
  applyOperation,
  NOTHING_WANTED,
  type Operation,
  requireBackend,
  requireFreeTag,
  type TargetState,
} from './operations.ts';

export interface ControllerParts extends Omit<SupervisorParts, 'changed'> {
  /** Brings the change to every router; when it returns, all of them use it for the next query. */
  publish(change: TableChange): void;
  /** Something that `status()` shows has changed. */
  touched(): void;
}

export class Controller {
  readonly #parts: ControllerParts;
  readonly #supervisors = new Map<BackendTag, BackendSupervisor>();
  /** Being created: not in the target state yet. */
  readonly #creating = new Map<BackendTag, BackendSupervisor>();
  /** Deleted, finishing what they have. */
  readonly #leaving = new Map<BackendTag, BackendSupervisor>();
  /** Starting, to take over from those in force. */
  readonly #coming = new Set<BackendSupervisor>();
  /** Replaced, finishing what they have; each with its end. */
  readonly #replaced = new Map<BackendSupervisor, Promise<void>>();
  readonly #turns = new Map<BackendTag, Promise<unknown>>();
  #state: TargetState = NOTHING_WANTED;
  #table: RoutingTable = EMPTY_TABLE;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  get state(): TargetState {
    return this.#state;
  }

  get table(): RoutingTable {
    return this.#table;
  }

  /** Those in force, being created, and leaving; of one tag the one in force first. */
  get supervisors(): readonly BackendSupervisor[] {
    const others = [this.#creating.values(), this.#leaving.values(), this.#coming, this.#replaced.keys()];
    return [...this.#supervisors.values(), ...others.flatMap((some) => [...some])];
  }

  async createBackend(tag: BackendTag, source: BackendSource, config: BackendConfig): Promise<void> {
    requireFreeTag(this.#state, tag);
    this.#requireSettled(tag);
    const supervisor = new BackendSupervisor(tag, source, config, this.#supervisorParts());
    this.#creating.set(tag, supervisor);
    this.#parts.touched();
    try {
      await supervisor.start();
    } finally {
      this.#creating.delete(tag);
      this.#parts.touched();
    }
    this.#supervisors.set(tag, supervisor);
    this.#commit({ type: 'create-backend', tag, config });
  }

  async updateBackend(tag: BackendTag, given: Partial<BackendConfig>): Promise<void> {
    requireBackend(this.#state, tag);
    await this.#inTurn(tag, async () => {
      const config = mergeConfig(requireBackend(this.#state, tag), given);
      await this.#supervisors.get(tag)?.update(config);
      this.#commit({ type: 'update-backend', tag, config });
    });
  }

  /**
   * Gives a backend other code: the new replicas serve before the old ones leave, and a query meets either. Rejects with
   * the old ones serving on: what `createBackend` rejects with, BACKEND_NOT_FOUND when it was deleted meanwhile.
   */
  async replaceBackend(tag: BackendTag, source: BackendSource, given: Partial<BackendConfig>): Promise<void> {
    requireBackend(this.#state, tag);
    await this.#inTurn(tag, async () => {
      const config = mergeConfig(requireBackend(this.#state, tag), given);
      const old = this.#supervisors.get(tag) as BackendSupervisor;
      const next = new BackendSupervisor(tag, source, config, this.#supervisorParts(), old.nextNumber);
      this.#coming.add(next);
      this.#parts.touched();
      try {
        await next.start();
      } catch (error) {
        throw this.#supervisors.get(tag) === old ? error : deletedMeanwhile(tag);
      } finally {
        old.nextNumber = next.nextNumber; // what failed had its numbers, too
        this.#coming.delete(next);
        this.#parts.touched();
      }
      if (this.#supervisors.get(tag) !== old) {
        await next.remove(0);
        throw deletedMeanwhile(tag);
      }
      this.#supervisors.set(tag, next);
      const ended = Promise.withResolvers<void>();
      this.#replaced.set(old, ended.promise); // before the commit: its replicas hear of it, too
      this.#commit({ type: 'update-backend', tag, config });
      void old.remove(config.gracefulShutdownTimeoutMs).finally(() => {
        this.#replaced.delete(old);
        this.#parts.touched();
        ended.resolve();
      });
    });
  }

  async deleteBackend(tag: BackendTag, force: boolean): Promise<void> {
    const creating = this.#creating.get(tag);
    if (creating) {
      await creating.remove(0);
      return;
    }
    const { gracefulShutdownTimeoutMs } = requireBackend(this.#state, tag);
    const supervisor = this.#supervisors.get(tag);
    this.#leaving.set(tag, supervisor as BackendSupervisor);
    try {
      this.#supervisors.delete(tag);
      this.#commit({ type: 'delete-backend', tag });
    } catch (error) {
      if (supervisor) this.#supervisors.set(tag, supervisor);
      this.#leaving.delete(tag);
      throw error;
    }
    const graceMs = force ? 0 : gracefulShutdownTimeoutMs;
    try {
      await Promise.all([supervisor?.remove(graceMs), ...this.#endOthers(tag, force)]);
    } finally {
      this.#leaving.delete(tag);
      this.#parts.touched();
    }
  }

  /** For the operations that need no replica: in force when this returns. */
  apply(op: Extract<Operation, { readonly name: string }>): void {
    this.#commit(op);
  }

  async shutDown(): Promise<void> {
    const all = this.supervisors;
    this.#supervisors.clear();
    await Promise.all(all.map((supervisor) => supervisor.shutDown()));
  }

  /** Of a backend that is being deleted: the code that was to come, and that which was replaced and has not finished. */
  #endOthers(tag: BackendTag, force: boolean): Promise<void>[] {
    const coming = [...this.#coming].filter((one) => one.tag === tag);
    const replaced = [...this.#replaced].filter(([one]) => one.tag === tag);
    return [...coming.map((one) => one.remove(0)), ...replaced.map(([one, end]) => (force ? one.remove(0) : end))];
  }

  #supervisorParts(): SupervisorParts {
    return { ...this.#parts, changed: (dead) => this.#replicasChanged(dead) };
  }

  #commit(op: Operation): void {
    const state = applyOperation(this.#state, op);
    this.#state = state;
    this.#publish(state.endpoints, this.#backendEntries(), []);
    this.#parts.touched();
  }

  #replicasChanged(dead: string | null): void {
    this.#publish(this.#state.endpoints, this.#backendEntries(), dead === null ? [] : [dead]);
    this.#parts.touched();
  }

  #backendEntries(): ReadonlyMap<BackendTag, BackendEntry> {
    const entries = new Map<BackendTag, BackendEntry>();
    for (const [tag, supervisor] of this.#supervisors) {
      const entry = supervisor.entry;
      const before = this.#table.backends.get(tag);
      entries.set(tag, before && isSame(before, entry) ? before : entry);
    }
    return entries;
  }

  #publish(
    endpoints: ReadonlyMap<string, EndpointEntry>,
    backends: ReadonlyMap<BackendTag, BackendEntry>,
    dead: string[],
  ) {
    const next: RoutingTable = { version: this.#table.version + 1, endpoints, backends };
    const change = differenceOf(this.#table, next, dead);
    if (change.endpoints.length === 0 && change.backends.length === 0 && dead.length === 0) return;
    this.#table = next;
    this.#parts.publish(change);
  }

  #requireSettled(tag: BackendTag): void {
    if (this.#creating.has(tag)) {
      throw new ServeError(
        'BACKEND_EXISTS',
        `backend '${tag}' is being created already; await that call, or delete it first`,
      );
    }
    if (this.#leaving.has(tag)) {
      throw new ServeError('BACKEND_EXISTS', `backend '${tag}' is being deleted; await deleteBackend('${tag}') first`);
    }
  }

  async #inTurn<T>(tag: BackendTag, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(tag);
    const turn = (async () => {
      await before?.catch(() => {}); // its own caller was told
      return work();
    })();
    this.#turns.set(tag, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(tag) === turn) this.#turns.delete(tag);
    }
  }
}

const deletedMeanwhile = (tag: BackendTag): ServeError =>
  new ServeError('BACKEND_NOT_FOUND', `backend '${tag}' was deleted while its code was being replaced`);

function isSame(a: BackendEntry, b: BackendEntry): boolean {
  return (
    a.wanted === b.wanted &&
    a.limit === b.limit &&
    a.maxQueued === b.maxQueued &&
    a.requestTimeoutMs === b.requestTimeoutMs &&
    a.replicas.length === b.replicas.length &&
    a.replicas.every((replica, i) => replica.id === b.replicas[i]?.id)
  );
}
