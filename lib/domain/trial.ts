/** A trial: a backend answers copies of an endpoint's queries, and its answers are compared with those that callers got. */
import type { ServeErrorCode } from '../errors.ts';

/** An answer as it can be compared. What it holds is a copy, and plain. */
export type TriedAnswer =
  | { readonly is: 'value'; readonly value: unknown }
  /** `headers`: names and values in turn, joined by line feeds; null: `contentType` alone. */
  | {
      readonly is: 'http';
      readonly status: number;
      readonly headers: string | null;
      readonly contentType: string | null;
      readonly body: string | Uint8Array | null;
    }
  /** In motion, or a standard `Response`, whose body is. `status` null: neither HTTP nor a `Response`. */
  | {
      readonly is: 'stream';
      readonly status: number | null;
      readonly headers: string | null;
      readonly contentType: string | null;
    }
  /** `name`: of the user's own error, where it was one. */
  | { readonly is: 'error'; readonly code: ServeErrorCode; readonly name: string | null; readonly message: string };

export interface TriedSide {
  readonly answer: TriedAnswer;
  /** From the query's arrival until the answer, or its beginning. */
  readonly latencyMs: number;
}

/** The request that both sides answered. */
export interface TriedRequest {
  readonly id: string;
  readonly source: 'http' | 'handle';
  readonly method: string;
  /** Path and query as received, or `serve://<endpoint>` by handle. */
  readonly url: string;
  readonly pathParams: Readonly<Record<string, string | number>> | null;
  readonly queryParams: unknown;
  /** By handle: the value sent; undefined where it held handles or requests. */
  readonly data: unknown;
  /** Over HTTP; null where it was in motion. */
  readonly body: Uint8Array | null;
}

export interface TriedPair {
  readonly requestId: string;
  /** Null where it was not asked for. */
  readonly request: TriedRequest | null;
  readonly old: TriedSide;
  readonly new: TriedSide;
}

export interface TrialOpening {
  /** In (0, 1]. */
  readonly shadow: number;
  /** No more pairs than these are made. */
  readonly count: number;
  readonly withRequests: boolean;
}

/** Queries that were not compared, and why. */
export interface TrialLeftOut {
  /** An answer, or the request, was of more than 1 MiB. */
  readonly tooLarge: number;
  /** The caller gave up. */
  readonly cancelled: number;
  /** Too many at a time: 1 000 under way, or some 8 MiB not yet compared. */
  readonly overflow: number;
  /** One of the two answers has not come. */
  readonly unanswered: number;
}

export interface TriedPairs {
  readonly pairs: readonly TriedPair[];
  readonly leftOut: TrialLeftOut;
  /** Nothing more comes: `count` pairs have been made, or the backend is gone. */
  readonly isOver: 'count' | 'gone' | null;
}
