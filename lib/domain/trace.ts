/** Where a query went, and why. */
import type { ServeErrorCode } from '../errors.ts';
import type { BackendTag } from './backend.ts';
import type { ReplicaTag } from './replica.ts';

/** A replica that had been sent the query and gave it back: it was full or leaving, or died. */
export interface GivenBack {
  readonly replica: ReplicaTag;
  readonly because: 'full' | 'died';
}

/** A query's way through one backend. Times in ms; null: it has not come so far, or never did. */
export interface TracedLeg {
  readonly backend: BackendTag;
  /** The last replica it was sent to. */
  readonly replica: ReplicaTag | null;
  /** Those before. */
  readonly givenBack: readonly GivenBack[];
  /** From its arrival at the router until it was sent to `replica`. */
  readonly queuedAtRouterMs: number | null;
  /** There, until user code began. */
  readonly queuedAtReplicaMs: number | null;
  /** User code, until its answer was there or began to flow. */
  readonly processingMs: number | null;
  /** From its arrival until its caller was told. */
  readonly totalMs: number | null;
  /** `pending`: under way, or waiting. An answer in motion is `ok` when it begins. */
  readonly outcome: 'pending' | 'ok' | ServeErrorCode;
}

/**
 * One of the endpoint's shadows as it was then: drawn when `draw` is less than `proportion`. Both are null for a backend
 * that is no shadow, but was on trial.
 */
export interface TracedShadow {
  readonly backend: BackendTag;
  readonly proportion: number | null;
  readonly draw: number | null;
  /** The copy's way; null: not drawn, or no longer kept. */
  readonly copy: TracedLeg | null;
}

export interface QueryTrace extends TracedLeg {
  readonly requestId: string;
  readonly endpoint: string;
  /** Its place among the queries of its router. */
  readonly number: number;
  /** When it arrived at the router, ISO time. */
  readonly at: string;
  /** Whose router it was: a replica's tag where its code made the call, `instance` else. */
  readonly router: string;
  /** The replicas whose calls led here, newest last. */
  readonly lineage: readonly ReplicaTag[];
  /** The requests whose code made this call: one, or all of a batch; none when it came from outside. */
  readonly calledBy: readonly string[];
  /** The split at that moment. */
  readonly traffic: Readonly<Record<BackendTag, number>>;
  /** In [0, 1), where chance chose the backend among several: see `traffic`, whose weights are added up in their order. */
  readonly draw: number | null;
  /** What chose the backend instead, at most 256 characters of it. */
  readonly shardKey: string | null;
  readonly shadows: readonly TracedShadow[];
}
