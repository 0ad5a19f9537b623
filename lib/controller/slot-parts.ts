import type { ReplicaHost, ReplicaTag, ReplicaTraits } from '../domain/replica.ts';
import type { Claim } from './claim.ts';

/** What a slot is given by the supervisor of its backend. */
export interface SlotParts {
  readonly tag: ReplicaTag;
  readonly number: number;
  readonly claim: Claim;
  launch(hooks: { died(reason: Error): void }): ReplicaHost;
  /** Routers must hear of it; `dead`: an incarnation's id, when it died rather than left. */
  changed(dead: string | null): void;
  /** Something for the event log. */
  report(
    what: 'started' | 'died' | 'failed' | 'stopped' | 'unhealthy',
    message: string,
    retryInMs: number | null,
  ): void;
  /** Resolves when one more thread may be started: blocked ones that will not end are counted, too. */
  mayStart(): Promise<void>;
  /** Counts a killed thread until it is really gone. */
  killed(gone: Promise<void>): void;
  /** Called with each incarnation that runs, before it is routed to. Throwing refuses it. */
  check(traits: ReplicaTraits): void;
  readonly startTimeoutMs: number;
  healthCheckPeriodMs(): number;
  graceMs(): number;
  readonly now: () => number;
}
