/** What replicas take of a machine. Counted in whole units, so that sums of fractions do not drift. */
import type { BackendTag } from './backend.ts';
import type { ReplicaTag } from './replica.ts';

/** Units in one CPU, one GPU, or one of a custom resource: shares are told apart to 1/10 000. */
export const UNITS_PER_ONE = 10_000;

/** No amount may be larger: units are counted in integers that a number holds exactly, up to 2^53. */
export const LARGEST_AMOUNT = 1e11;

/** Rounded down, so that n replicas of 1/n each fit on one: 3 x 0.3333. */
export const toUnits = (amount: number): number => Math.floor(amount * UNITS_PER_ONE + 1e-6);

export const toAmount = (units: number): number => units / UNITS_PER_ONE;

/**
 * Where shares of GPUs go: 'pack' on as few GPUs as possible, the first that fits among those in use; 'spread' on the
 * one with the most left. Default 'pack'.
 */
export type Placement = 'pack' | 'spread';

/** What one replica needs, in units. */
export interface Needs {
  readonly cpus: number;
  /** A share of one GPU, up to `UNITS_PER_ONE`, or whole ones: a multiple of it. */
  readonly gpus: number;
  readonly custom: ReadonlyMap<string, number>;
  readonly placement: Placement;
}

export interface GivenNeeds {
  readonly numCpus: number;
  readonly numGpus: number;
  readonly custom: Readonly<Record<string, number>>;
  readonly placement: Placement;
}

export const needsOf = ({ numCpus, numGpus, custom, placement }: GivenNeeds): Needs => ({
  cpus: toUnits(numCpus),
  gpus: toUnits(numGpus),
  custom: new Map(
    Object.entries(custom).flatMap(([name, amount]) => (amount > 0 ? [[name, toUnits(amount)] as const] : [])),
  ),
  placement,
});

/** A GPU that the user declares, there or not. */
export interface DeclaredGpu {
  /** Its physical index, an integer >= 0. */
  readonly index: number;
  readonly name?: string;
  readonly memoryBytes?: number;
}

/** What the user says is there; null = what the machine has, and CPUs are then counted but refuse nothing. */
export interface DeclaredResources {
  readonly cpus: number | null;
  readonly gpus: number | readonly DeclaredGpu[] | null;
  readonly custom: Readonly<Record<string, number>>;
}

/** What one replica holds, until it is released. */
export interface Lease {
  /** Physical indices, ascending, as the machine counts them now. */
  readonly gpus: readonly number[];
  /** Whether it keeps anything from others: CPUs that are only counted do not. */
  readonly isScarce: boolean;
  /** Its holder is being ended: others may wait a little for it. */
  ending(): void;
  /** A second call does nothing. */
  release(): void;
}

/** A place in the queue for a lease. */
export interface Waiting {
  /** Rejects CANCELLED when it is given up. */
  readonly lease: Promise<Lease>;
  /** `waits for 1 GPU: 0 of 2 GPUs free; held by …` */
  readonly reason: string;
  cancel(): void;
}

export interface LeaseRequest {
  readonly backend: BackendTag;
  /** One lease for each. */
  readonly replicas: readonly ReplicaTag[];
  /** Of each. */
  readonly needs: Needs;
  /** Given up with its reason. */
  readonly signal: AbortSignal;
}

/** Who holds what of a machine. It never gives out more than there is. */
export interface Ledger {
  /** All or none. Rejects INSUFFICIENT_RESOURCES, saying what is free, where, and who holds the rest. */
  acquire(request: LeaseRequest): Promise<readonly Lease[]>;
  /** Joins the queue; it is served in order, each as soon as what it needs is free. */
  wait(replica: ReplicaTag, needs: Needs): Waiting;
  /** Whether what the lease is of is still there to be used. */
  renew(lease: Lease): Promise<boolean>;
}
