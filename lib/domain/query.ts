/**
 * A query: one call of one endpoint, from HTTP or from a handle, on its way from a router to a replica and back.
 * The proxy and the handles make queries; routers carry them; replicas answer them.
 */
import type { ServeError } from '../errors.ts';

/** What the backend sees of the caller's request. Plain, so that it crosses threads as it is. */
export interface QueryRequest {
  readonly source: 'http' | 'handle';
  /** HTTP method, upper-case. */
  readonly method: string;
  /** Path and query as received (`/echo?x=1`), or `serve://<endpoint>` by handle. */
  readonly url: string;
  /** Header names and values in turn, joined by line feeds (neither may contain one): `Host\nx\nAccept\n*` ; '' = none. */
  readonly headers: string;
  /** Converted values of the route's variables; null = none. */
  readonly pathParams: Readonly<Record<string, string | number>> | null;
  /** By handle: the second argument of `remote`; null over HTTP, where the url has them. */
  readonly queryParams: Readonly<Record<string, unknown>> | null;
  /** By handle: the value sent. Undefined over HTTP. */
  readonly data: unknown;
  /** Whether `data` holds own objects taken apart (handles, requests), to be rebuilt in the replica. Default false. */
  readonly dataHasParts?: boolean;
  /** What in `data` or `queryParams` cannot leave this process, as a refusal says it. Default null = nothing. */
  readonly confined?: string | null;
  /** HTTP body: whole, in motion, or none. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** The request id, `[A-Za-z0-9._:-]{1,128}`. */
  readonly id: string;
}

export interface Query {
  readonly endpoint: string;
  readonly request: QueryRequest;
  /** Method of the user's class to call; null = `call`. */
  readonly callMethod: string | null;
  /** Queries with the same key meet the same backend; null = drawn at random. */
  readonly shardKey: string | null;
  /** Deadline in ms from arrival; null = the backend's own `requestTimeoutMs` alone. */
  readonly timeoutMs: number | null;
  /** How long ago it arrived, in ms: what its body took. Default 0. */
  readonly spentMs?: number;
  /** The form of answer the caller wants: encoded for HTTP by the replica, or the value itself. */
  readonly answerAs: 'http' | 'value';
}

/** An answer encoded for HTTP by the replica. */
export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turn, joined by line feeds; null = `contentType` alone. */
  readonly headers: string | null;
  readonly contentType: string | null;
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Who waits for a query's end. Exactly one of the two is called, once. A stream that breaks later errors itself. */
export interface AnswerSink {
  /** `answer` is an HttpAnswer when the query asked for 'http', else the value. */
  answered(answer: unknown): void;
  failed(error: ServeError): void;
}

/** Whose code made a query. */
export interface Origin {
  /** The replicas whose calls led here, newest last, joined by spaces; '' = called from outside. */
  readonly lineage: string;
  /** The requests that its code runs for, where that is known, joined by spaces: one, or all of a batch. */
  readonly calledBy: string;
}

export const FROM_OUTSIDE: Origin = Object.freeze({ lineage: '', calledBy: '' });

/** A query under way. */
export interface QueryTicket {
  /** Ends the query: not started = dropped; started = the replica's `signal` aborts. Its sink gets CANCELLED unless it already ended. */
  cancel(): void;
}

/** The one door of a router: routes the query and tells `sink` the outcome. Never throws; failures go to the sink. */
export type SubmitQuery = (query: Query, sink: AnswerSink) => QueryTicket;
