import type { BackendTag } from '../domain/backend.ts';
import type { ReplicaHooks, ReplicaHost } from '../domain/replica.ts';
import type { Ledger } from '../domain/resources.ts';
import type { BackendSource, BackendSpec } from './backend-source.ts';
import type { ReplicaSlot } from './replica-slot.ts';
import type { SlotParts } from './slot-parts.ts';

/** What the supervisor of a backend is given by the instance. */
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
