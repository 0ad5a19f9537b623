import type { ReplicaState, ReplicaTag } from '../domain/replica.ts';

/** A replica as the plan sees it: `number` is its place in the order of creation. */
export interface PlannedReplica {
  readonly tag: ReplicaTag;
  readonly number: number;
  readonly state: ReplicaState;
}

export interface ReplicaPlan {
  readonly toStart: number;
  readonly toStop: readonly ReplicaTag[];
}

/** Who goes first when there are too many: those that do not serve, then the youngest. */
const LEAVING_ORDER: Readonly<Record<ReplicaState, number>> = {
  DEAD: 0,
  STARTING: 1,
  UPDATING: 2,
  RUNNING: 3,
  STOPPING: 4,
};

/**
 * What to do so that `wanted` replicas are there. A dead one that waits for its restart counts as there; one that
 * leaves does not. Pure.
 */
export function planReplicas(wanted: number, replicas: readonly PlannedReplica[]): ReplicaPlan {
  const staying = replicas.filter((replica) => replica.state !== 'STOPPING');
  if (staying.length <= wanted) return { toStart: wanted - staying.length, toStop: [] };
  const leaving = staying
    .toSorted((a, b) => LEAVING_ORDER[a.state] - LEAVING_ORDER[b.state] || b.number - a.number)
    .slice(0, staying.length - wanted);
  return { toStart: 0, toStop: leaving.map((replica) => replica.tag) };
}
