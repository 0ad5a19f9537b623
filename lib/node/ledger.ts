/** Who holds what of this machine. Giving out is one step without a pause, so nothing is ever given out twice. */
import { performance } from 'node:perf_hooks';
import { place, type Share } from '../domain/placement.ts';
import type { ReplicaTag } from '../domain/replica.ts';
import {
  type DeclaredResources,
  type Lease,
  type LeaseRequest,
  type Ledger,
  type Needs,
  toUnits,
  type Waiting,
} from '../domain/resources.ts';
import {
  describeNeeds,
  describeRefusal,
  describeShortage,
  type Holder,
  type NodeAccount,
  roomOf,
} from '../domain/shortage.ts';
import { ServeError } from '../errors.ts';
import type { Gpu } from './gpu-inventory.ts';

/** The GPUs that may be given out, as they come and go. */
export interface GpuSource {
  /** By index. */
  readonly offered: readonly Gpu[];
  /** One that was offered once, as it was last seen. */
  find(key: string): Gpu | undefined;
  /** Why there are no more; null = nothing to say. */
  readonly note: string | null;
  fresh(): Promise<void>;
  attend(): () => void;
}

export interface LedgerParts {
  /** The node's id. */
  readonly node: string;
  /** CPUs of the machine, where none are declared. */
  readonly machineCpus: number;
  readonly declared: Pick<DeclaredResources, 'cpus' | 'custom'>;
  readonly gpus: GpuSource;
  /** Something was taken or given back. */
  changed(): void;
  /** How long a request waits for holders that are being ended, in ms. */
  readonly patienceMs: number;
}

/** Long enough for a process that was killed to be gone, in ms. */
export const PATIENCE_MS = 5000;

/** What one replica holds. */
export interface Grant {
  readonly replica: ReplicaTag;
  readonly needs: Needs;
  readonly shares: readonly Share[];
  isEnding: boolean;
}

interface Waiter extends PromiseWithResolvers<Lease> {
  readonly replica: ReplicaTag;
  readonly needs: Needs;
  /** What is known of the GPUs is new enough to serve it by. */
  isInformed: boolean;
}

export class NodeLedger implements Ledger {
  readonly #parts: LedgerParts;
  readonly #grants = new Set<Grant>();
  readonly #ofLeases = new WeakMap<Lease, Grant>();
  #queue: Waiter[] = [];
  /** Resolved, and another put in its place, whenever more may be free than before. */
  #change = Promise.withResolvers<void>();
  #stopAttending: (() => void) | null = null;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  async acquire({ backend, replicas, needs, signal }: LeaseRequest): Promise<readonly Lease[]> {
    const end = performance.now() + this.#parts.patienceMs;
    if (needs.gpus > 0) await unlessAborted(signal, this.#parts.gpus.fresh());
    for (;;) {
      signal.throwIfAborted();
      const leases = this.#take(needs, replicas);
      if (leases) return leases;
      const account = this.account();
      const restMs = end - performance.now();
      const isWorthWaiting = restMs > 0 && place(needs, replicas.length, roomOf(account, 'free')) !== null;
      if (!isWorthWaiting) {
        throw new ServeError('INSUFFICIENT_RESOURCES', describeRefusal(backend, needs, replicas.length, account));
      }
      await unlessAborted(signal, atMost(restMs, this.#change.promise));
    }
  }

  wait(replica: ReplicaTag, needs: Needs): Waiting {
    const isInformed = needs.gpus === 0;
    const waiter: Waiter = { replica, needs, isInformed, ...Promise.withResolvers<Lease>() };
    this.#queue.push(waiter);
    if (isInformed) this.#serve();
    else {
      this.#stopAttending ??= this.#parts.gpus.attend();
      void this.#parts.gpus.fresh().then(() => {
        waiter.isInformed = true;
        this.#serve();
      });
    }
    const reason = (): string => this.#reason(waiter);
    return {
      lease: waiter.promise,
      get reason() {
        return reason();
      },
      cancel: () => this.#cancel(waiter),
    };
  }

  async renew(lease: Lease): Promise<boolean> {
    const shares = this.#ofLeases.get(lease)?.shares ?? [];
    if (shares.length === 0) return true;
    const { gpus } = this.#parts;
    await gpus.fresh();
    return shares.every(({ gpu }) => gpus.offered.some(({ key }) => key === gpu));
  }

  /** GPUs have come or gone. */
  review(): void {
    this.#serve();
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  get grants(): Iterable<Grant> {
    return this.#grants;
  }

  account(): NodeAccount {
    const { node, declared, machineCpus, gpus } = this.#parts;
    const grants = [...this.#grants];
    const held = (unitsOf: (grant: Grant) => number): Holder[] =>
      grants.flatMap((grant) => {
        const units = unitsOf(grant);
        return units > 0 ? [{ replica: grant.replica, units, isEnding: grant.isEnding }] : [];
      });
    return {
      node,
      cpus: {
        total: toUnits(declared.cpus ?? machineCpus),
        isEnforced: declared.cpus !== null,
        holders: held(({ needs }) => needs.cpus),
      },
      gpus: gpus.offered.map(({ key, index }) => ({
        key,
        index,
        holders: held(({ shares }) => shares.find(({ gpu }) => gpu === key)?.units ?? 0),
      })),
      custom: new Map(
        Object.entries(declared.custom).map(([name, total]) => [
          name,
          { total: toUnits(total), holders: held(({ needs }) => needs.custom.get(name) ?? 0) },
        ]),
      ),
      gpuNote: gpus.note,
    };
  }

  /** One for each replica, or null: all or none. */
  #take(needs: Needs, replicas: readonly ReplicaTag[]): readonly Lease[] | null {
    const placed = place(needs, replicas.length, roomOf(this.account()));
    if (!placed) return null;
    const leases = replicas.map((replica, at) =>
      this.#grant({ replica, needs, shares: placed[at] ?? [], isEnding: false }),
    );
    this.#parts.changed();
    return leases;
  }

  #grant(grant: Grant): Lease {
    this.#grants.add(grant);
    const { declared, gpus } = this.#parts;
    const { needs, shares } = grant;
    const lease: Lease = {
      get gpus() {
        return shares.map(({ gpu }) => gpus.find(gpu)?.index ?? -1).sort((a, b) => a - b);
      },
      isScarce: (declared.cpus !== null && needs.cpus > 0) || needs.gpus > 0 || needs.custom.size > 0,
      ending: () => {
        grant.isEnding = true;
      },
      release: () => {
        if (!this.#grants.delete(grant)) return;
        this.review();
        this.#parts.changed();
      },
    };
    this.#ofLeases.set(lease, grant);
    return lease;
  }

  #serve(): void {
    for (const waiter of this.#queue.filter(({ isInformed }) => isInformed)) {
      const [lease] = this.#take(waiter.needs, [waiter.replica]) ?? [];
      if (!lease) continue;
      this.#leaveQueue(waiter);
      waiter.resolve(lease);
    }
  }

  #cancel(waiter: Waiter): void {
    this.#leaveQueue(waiter);
    waiter.reject(new ServeError('CANCELLED', `replica '${waiter.replica}' no longer waits for resources`));
  }

  #leaveQueue(waiter: Waiter): void {
    this.#queue = this.#queue.filter((other) => other !== waiter);
    if (this.#queue.some(({ needs }) => needs.gpus > 0)) return;
    this.#stopAttending?.();
    this.#stopAttending = null;
  }

  #reason({ needs, isInformed }: Waiter): string {
    const shortage = isInformed ? describeShortage(needs, 1, this.account()) : 'nvidia-smi is being asked';
    return `waits for ${describeNeeds(needs, 1)}: ${shortage}`;
  }
}

/** Rejects with the signal's reason as soon as that is aborted. */
async function unlessAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', abort);
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}
