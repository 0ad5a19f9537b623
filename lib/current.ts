/** Where this thread stands: in a replica, or in the process of one or more instances. Set once by what starts there. */
import type { Client } from './client.ts';
import type { BackendTag } from './domain/backend.ts';
import type { ReplicaTag } from './domain/replica.ts';
import { ServeError } from './errors.ts';
import type { UserMetrics } from './telemetry/user-metrics.ts';

/** What code in a replica can reach. */
export interface ReplicaContext {
  readonly backend: BackendTag;
  readonly replica: ReplicaTag;
  readonly instanceName: string;
  connect(): Client;
  readonly metrics: UserMetrics;
}

let replica: ReplicaContext | null = null;
/** Instances hosted by this process, by name; each gives a new client of itself. */
export const hostedHere = new Map<string, () => Client>();

export function enterReplica(context: ReplicaContext): void {
  replica = context;
}

export const currentReplica = (): ReplicaContext | null => replica;

/** The tag of the backend this code runs in. Throws INVALID_ARGUMENT outside a replica. */
export const getCurrentBackendTag = (): BackendTag => requireReplica('getCurrentBackendTag()').backend;

/** The tag of the replica this code runs in. Throws INVALID_ARGUMENT outside a replica. */
export const getCurrentReplicaTag = (): ReplicaTag => requireReplica('getCurrentReplicaTag()').replica;

/**
 * The user's own metrics, with prom-client's interface and options; labels `backend` and `replica` are added, and they
 * show on `/-/metrics`. In a replica only; elsewhere INVALID_ARGUMENT.
 */
export const metrics: Pick<UserMetrics, 'counter' | 'gauge' | 'histogram'> = {
  counter: (options) => requireReplica('metrics.counter()').metrics.counter(options),
  gauge: (options) => requireReplica('metrics.gauge()').metrics.gauge(options),
  histogram: (options) => requireReplica('metrics.histogram()').metrics.histogram(options),
};

function requireReplica(what: string): ReplicaContext {
  if (replica) return replica;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `${what} works inside a backend's replica only; call it in the backend's code`,
  );
}
