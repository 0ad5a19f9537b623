/**
 * The seam to whatever keeps control state: small records under keys (Store), large immutable parts by their hash
 * (Blobs). Embedded it is memory or SQLite; a cluster's store can stand behind the same words.
 */

/** Counts the changes of a whole store, from 1; 0 = before any. Compare, never compute. */
export type Rev = number;

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** That of its last put. */
  readonly rev: Rev;
}

export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly rev: Rev }
  | { readonly type: 'del'; readonly key: string; readonly rev: Rev }
  /** The snapshot is complete, and true at `rev`. */
  | { readonly type: 'synced'; readonly rev: Rev }
  /** The position was lost: a new snapshot follows, drop what it does not name. The embedded stores never send it. */
  | { readonly type: 'reset' };

/** A write is refused unless this key is still at this revision: its writer is no longer the one in charge. */
export interface Fence {
  readonly key: string;
  readonly rev: Rev;
}

export interface WriteOptions {
  /** Only when the key is at this revision; 0 = only when there is none. Undefined: whatever is there. */
  readonly ifRev?: Rev | undefined;
  readonly fence?: Fence | undefined;
}

/**
 * Records under keys. Keys are tokens of `[A-Za-z0-9_-]` joined by dots, at most 512 characters; a prefix is empty
 * (everything) or ends in a dot; values are at most 256 kB. Anything else: INVALID_ARGUMENT.
 *
 * A write rejects with Conflict or Fenced (certainly nothing written), Unknown (perhaps written), or a ServeError
 * (nothing written): STORE_FULL, STORE_FAILED, STORE_CORRUPT.
 */
export interface Store {
  get(key: string): Promise<Entry | undefined>;
  /** Resolves with the new revision once the record would survive a power cut. */
  put(key: string, value: Uint8Array, options?: WriteOptions): Promise<Rev>;
  /** Deleting what is not there changes nothing and resolves with the revision as it is. */
  del(key: string, options?: WriteOptions): Promise<Rev>;
  /**
   * What is there (puts in the order of their keys), `synced`, then changes in their order. A slow reader may miss
   * values that were overtaken, never the last one. Ends when the signal is aborted or the store closes; throws when
   * the store fails.
   */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<Change>;
  close(): Promise<void>;
}

/** Bytes by their SHA-256, in hexadecimal: 64 digits, lower case. At most 512 MiB each. */
export interface Blobs {
  /** Stores nothing when it is there already. Resolves with the hash once the bytes would survive a power cut. */
  put(data: Uint8Array): Promise<string>;
  /** Verified by their hash: other bytes than were put never come back, STORE_CORRUPT does. */
  get(hash: string): Promise<Uint8Array | undefined>;
  drop(hash: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** All that one instance keeps: records and blobs that live, are copied and end together. One owner at a time. */
export interface InstanceStore extends Store {
  readonly blobs: Blobs;
  /** What was found damaged at opening and what is used instead, for the user to read; null when all was well. */
  readonly notice: string | null;
  /** Deletes everything in it for good, and closes it. */
  destroy(): Promise<void>;
}

/** The key is not at the revision that was asked for. Nothing was written. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
  readonly code = 'CONFLICT';
}

/** The fence's key has moved on: this writer is no longer in charge and should step down. Nothing was written. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  readonly code = 'FENCED';
}

/** Whether it was written cannot be told: read again and compare. Never take it for a failure. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
  readonly code = 'UNKNOWN';
}
