/**
 * The one writer of an instance: takes operations, makes them true, publishes the routing table. An operation that
 * rejects has changed nothing. Operations on one backend follow each other; those on others do not wait for them.
 */
import { type BackendConfig, type BackendTag, mergeConfig } from '../domain/backend.ts';
import type { RoutingTable } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { failPoint } from '../wire/fail-point.ts';
import type { BackendSource } from './backend-source.ts';
import { BackendSupervisor } from './backend-supervisor.ts';
import type { Note } from './checkpoint.ts';
import { bothOf, type Preparation, type Step, together } from './commit.ts';
import type { ControllerParts } from './controller-parts.ts';
import { Gate } from './gate.ts';
import { Leavers } from './leavers.ts';
import {
  applyOperation,
  NOTHING_WANTED,
  type Operation,
  requireBackend,
  requireFreeTag,
  type TargetState,
} from './operations.ts';
import { planRollback } from './rollback.ts';
import { TablePublisher } from './table-publisher.ts';
import { Turns } from './turns.ts';

interface Creation {
  readonly supervisor: BackendSupervisor;
  /** It is being written down, and cannot be broken off any more. */
  isCommitting: boolean;
  /** Resolves when it is there, or has failed. */
  settled: Promise<void>;
}

export class Controller {
  readonly #parts: ControllerParts;
  readonly #tables: TablePublisher;
  readonly #supervisors = new Map<BackendTag, BackendSupervisor>();
  /** By `createBackend`: not in the target state yet. */
  readonly #creating = new Map<BackendTag, Creation>();
  /** Starting, not yet in force; what it has resolves when it is in force, or has failed. */
  readonly #coming = new Map<BackendSupervisor, Promise<void>>();
  readonly #leavers: Leavers;
  readonly #turns = new Turns<BackendTag>();
  readonly #gate = new Gate();
  #lastCommit: Promise<void> = Promise.resolve();
  #hasEnded = false;
  #state: TargetState = NOTHING_WANTED;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#leavers = new Leavers(() => parts.touched());
    this.#tables = new TablePublisher((change) => parts.publish(change));
  }

  get state(): TargetState {
    return this.#state;
  }

  get table(): RoutingTable {
    return this.#tables.table;
  }

  /** Those in force, being created, and leaving; of one tag the one in force first. */
  get supervisors(): readonly BackendSupervisor[] {
    return [...this.#supervisors.values(), ...this.#coming.keys(), ...this.#leavers.all];
  }

  async createBackend(tag: BackendTag, source: BackendSource, config: BackendConfig, note: Note): Promise<void> {
    await this.#gate.shared(async () => {
      requireFreeTag(this.#state, tag);
      this.#requireSettled(tag);
      const supervisor = this.#newSupervisor(tag, source, config);
      const creation: Creation = { supervisor, isCommitting: false, settled: Promise.resolve() };
      this.#creating.set(tag, creation);
      const work = this.#starting(supervisor)((step) => {
        creation.isCommitting = true;
        return this.#commit({ type: 'create-backend', tag, config, source }, note, step);
      }).finally(() => this.#creating.delete(tag));
      creation.settled = work.catch(() => {});
      await work;
    });
  }

  async updateBackendConfig(tag: BackendTag, given: Partial<BackendConfig>, note: Note): Promise<void> {
    await this.#change(tag, () => {
      const before = requireBackend(this.#state, tag);
      const config = mergeConfig(before, given);
      const preparation = this.#reconfiguring(tag, before, config);
      return preparation((step) => this.#commit({ type: 'update-backend-config', tag, config }, note, step));
    });
  }

  /**
   * Gives a backend other code: the new replicas serve before the old ones leave, and a query meets either. Rejects with
   * the old ones serving on: what `createBackend` rejects with, BACKEND_NOT_FOUND when it was deleted meanwhile.
   */
  async updateBackend(
    tag: BackendTag,
    source: BackendSource,
    given: Partial<BackendConfig>,
    note: Note,
  ): Promise<void> {
    await this.#change(tag, () => {
      const config = mergeConfig(requireBackend(this.#state, tag), given);
      const preparation = this.#replacing(tag, source, config);
      return preparation((step) => this.#commit({ type: 'update-backend', tag, config, source }, note, step));
    });
  }

  async deleteBackend(tag: BackendTag, force: boolean, note: Note): Promise<void> {
    const creation = this.#creating.get(tag);
    if (creation && !creation.isCommitting) {
      void creation.supervisor.remove(0);
      return creation.settled; // later than that: what was ended may take longer to be gone than anyone waits
    }
    const graceMs = await this.#gate.shared(async () => {
      await creation?.settled;
      const { gracefulShutdownTimeoutMs } = requireBackend(this.#state, tag);
      const grace = force ? 0 : gracefulShutdownTimeoutMs;
      await this.#deleting(tag, grace)((step) => this.#commit({ type: 'delete-backend', tag }, note, step));
      return grace;
    });
    await this.#allLeft(tag, graceMs);
  }

  /** For the operations that need no replica. */
  async apply(op: Extract<Operation, { readonly name: string }>, note: Note): Promise<void> {
    await this.#gate.shared(() => this.#commit(op, note, { act() {} }));
  }

  /** Makes an earlier state the wanted one again, all of it by one commit, while no other change is made. */
  async rollback(to: TargetState, note: Note): Promise<void> {
    const toDelete = await this.#gate.exclusive(async () => {
      const plan = planRollback(this.#state, to);
      const preparation = together([
        ...plan.toCreate.map(({ tag, source, config }) => this.#starting(this.#newSupervisor(tag, source, config))),
        ...plan.toReplace.map(({ tag, source, config }) => this.#replacing(tag, source, config)),
        ...plan.toReconfigure.map(({ tag, before, config }) => this.#reconfiguring(tag, before, config)),
        ...plan.toDelete.map(({ tag, graceMs }) => this.#deleting(tag, graceMs)),
      ]);
      await preparation((step) => this.#commit({ type: 'rollback', to }, note, step));
      return plan.toDelete;
    });
    await Promise.all(toDelete.map(({ tag, graceMs }) => this.#allLeft(tag, graceMs)));
  }

  /**
   * Wants what was wanted before this instance was: everything is in force when this returns, and queries wait for
   * replicas. What is returned starts those, and resolves when each was tried once; who failed is tried again.
   */
  recover(state: TargetState): () => Promise<void> {
    this.#state = state;
    for (const [tag, config] of state.backends) {
      const source = state.sources.get(tag);
      if (source) this.#supervisors.set(tag, this.#newSupervisor(tag, source, config));
    }
    this.#publish(null);
    const recovered = [...this.#supervisors.values()];
    return () => Promise.all(recovered.map((supervisor) => supervisor.recover())).then(() => {});
  }

  /** Changes under way, and those to come, reject. */
  endChanges(): void {
    this.#hasEnded = true;
  }

  async shutDown(): Promise<void> {
    this.endChanges();
    const all = this.supervisors;
    this.#supervisors.clear();
    await Promise.all(all.map((supervisor) => supervisor.shutDown()));
  }

  #newSupervisor(tag: BackendTag, source: BackendSource, config: BackendConfig, firstNumber = 1): BackendSupervisor {
    const parts = { ...this.#parts, changed: (dead: string | null) => this.#publish(dead) };
    return new BackendSupervisor(tag, source, config, parts, firstNumber);
  }

  /** Of a backend in force; its changes follow each other. */
  async #change(tag: BackendTag, work: () => Promise<void>): Promise<void> {
    requireBackend(this.#state, tag);
    await this.#gate.shared(() => this.#turns.take(tag, work));
  }

  #starting(supervisor: BackendSupervisor): Preparation {
    return async (commit) => {
      const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
      this.#coming.set(supervisor, settled);
      this.#parts.touched();
      try {
        await supervisor.start();
        await commit({
          check: () => supervisor.requireKept(),
          act: () => this.#supervisors.set(supervisor.tag, supervisor),
        });
      } catch (error) {
        await supervisor.remove(0);
        throw error;
      } finally {
        this.#coming.delete(supervisor);
        settle();
        this.#parts.touched();
      }
    };
  }

  #replacing(tag: BackendTag, source: BackendSource, config: BackendConfig): Preparation {
    return async (commit) => {
      const old = this.#supervisors.get(tag) as BackendSupervisor;
      const next = this.#newSupervisor(tag, source, config, old.nextNumber);
      const isKept = (): boolean => this.#supervisors.get(tag) === old;
      const check = (): void => {
        if (!isKept()) throw deletedMeanwhile(tag);
      };
      const act = (): void => this.#leavers.add(old, config.gracefulShutdownTimeoutMs);
      try {
        await this.#starting(next)((step) => commit(bothOf({ check, act }, step)));
      } catch (error) {
        throw isKept() ? error : deletedMeanwhile(tag);
      } finally {
        old.nextNumber = next.nextNumber; // what failed had its numbers, too
      }
    };
  }

  /** A `userConfig` cannot be taken from a replica: then others replace those there are. */
  #reconfiguring(tag: BackendTag, before: BackendConfig, config: BackendConfig): Preparation {
    const supervisor = this.#supervisors.get(tag) as BackendSupervisor;
    const isTaken = before.userConfig !== undefined && config.userConfig === undefined;
    if (isTaken) return this.#replacing(tag, supervisor.source, config);
    return (commit) => supervisor.update(config, commit);
  }

  #deleting(tag: BackendTag, graceMs: number): Preparation {
    return (commit) =>
      commit({
        act: () => {
          this.#leavers.add(this.#supervisors.get(tag) as BackendSupervisor, graceMs);
          this.#supervisors.delete(tag);
        },
      });
  }

  /** Of a backend that is deleted: what was in force or before that, and code that was to come. */
  async #allLeft(tag: BackendTag, graceMs: number): Promise<void> {
    const coming = [...this.#coming].filter(([supervisor]) => supervisor.tag === tag);
    for (const [supervisor] of coming) void supervisor.remove(0);
    await Promise.all([...coming.map(([, settled]) => settled), this.#leavers.left(tag, graceMs)]);
  }

  /** One at a time: each is written down before it is in force, and before the next one is looked at. */
  async #commit(op: Operation, { author, summary }: Note, step: Step): Promise<void> {
    const before = this.#lastCommit;
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    this.#lastCommit = done;
    try {
      await before;
      failPoint('ready');
      if (this.#hasEnded) throw new ServeError('CLIENT_CLOSED', 'the instance was shut down meanwhile');
      step.check?.();
      const state = applyOperation(this.#state, op);
      failPoint('checked');
      await this.#parts.checkpoint({ operation: op.type, author, summary, state });
      failPoint('written');
      this.#state = state;
      step.act();
      this.#publish(null);
      failPoint('published');
    } finally {
      end();
    }
  }

  #publish(dead: string | null): void {
    const entries = [...this.#supervisors.values()].map(({ entry }) => entry);
    this.#tables.update(this.#state.endpoints, entries, dead);
    this.#parts.touched();
  }

  #requireSettled(tag: BackendTag): void {
    if (this.#creating.has(tag)) throw underWay(tag, 'created already', 'await that call, or delete it first');
    if (this.#leavers.has(tag)) throw underWay(tag, 'deleted', `await deleteBackend('${tag}') first`);
  }
}

const underWay = (tag: BackendTag, what: string, next: string): ServeError =>
  new ServeError('BACKEND_EXISTS', `backend '${tag}' is being ${what}; ${next}`);

const deletedMeanwhile = (tag: BackendTag): ServeError =>
  new ServeError('BACKEND_NOT_FOUND', `backend '${tag}' was deleted while its code was being replaced`);
