import type { HandleRoad } from './handle.ts';

/** How a client's handles reach the backends. */
export interface ClientRoads {
  readonly routed: HandleRoad;
  readonly sync: HandleRoad;
  /** Rejects ENDPOINT_NOT_FOUND. */
  requireEndpoint(name: string): Promise<void>;
}

/** A client on its way to a replica, where it is one of the replica's own. */
export const CLIENT_PART = 'client';
