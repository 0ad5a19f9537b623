/** A query on its way to a replica, and who waits for it. */
import type { Part } from '../domain/part.ts';
import type { QueryRequest } from '../domain/query.ts';
import type { ErrorEnvelope } from './error-envelope.ts';
import { QUERY_FLAG } from './frames.ts';

/** A query as the router sends it. */
export interface OutgoingQuery {
  readonly request: QueryRequest;
  readonly callMethod: string | null;
  readonly answerAs: 'http' | 'value';
  /** The replicas whose calls led here, newest last, joined by spaces; '' = called from outside. */
  readonly lineage: string;
  /** Only to the instance, which routes the query itself; null to a replica. */
  readonly route: {
    readonly endpoint: string;
    readonly shardKey: string | null;
    readonly timeoutMs: number | null;
  } | null;
}

/** What a replica tells of itself. */
export interface ReplicaNews {
  /** It was full, and has room again. */
  readonly onRoom: () => void;
  /** Its code gets a batch of `size` queries. Of several routers, one is told. */
  readonly onBatch: (size: number) => void;
}

export interface SenderOptions extends ReplicaNews {
  readonly revive: (part: Part) => unknown;
}

/** Who waits for a sent query. Exactly one of these is called, once. */
export interface SentQuery {
  answered(answer: unknown, waitMs: number, tookMs: number): void;
  failed(envelope: ErrorEnvelope, waitMs: number, tookMs: number | null): void;
  /** Not started, and will not be: the replica is full or leaving. */
  refused(): void;
  /** The replica is gone; `started` says whether user code may have run. */
  lost(started: boolean): void;
}

export const flagsOf = ({ answerAs, request }: OutgoingQuery): number =>
  (answerAs === 'http' ? QUERY_FLAG.answerAsHttp : 0) |
  (request.source === 'http' ? QUERY_FLAG.fromHttp : 0) |
  (request.dataHasParts ? QUERY_FLAG.dataHasParts : 0) |
  (request.body !== null && !ArrayBuffer.isView(request.body) ? QUERY_FLAG.bodyInMotion : 0);

/** What a stream under way breaks with when the replica is gone. */
export const GONE: ErrorEnvelope = {
  code: 'REPLICA_DIED',
  name: 'ServeError',
  message: 'the replica died while its answer was under way; the outcome is unknown',
  stack: null,
  fields: null,
  cause: null,
};
