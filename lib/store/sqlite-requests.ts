/** What a store says to its thread and hears from it. */
import type { ErrorEnvelope } from '../wire/error-envelope.ts';
import type { Deletion } from './sqlite-records.ts';
import type { Entry, Rev, WriteOptions } from './store.ts';
import type { Snapshot } from './watch-hub.ts';

export type StoreRequest =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'list'; readonly prefix: string }
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly options: WriteOptions }
  | { readonly type: 'del'; readonly key: string; readonly options: WriteOptions }
  | { readonly type: 'put-blob'; readonly data: Uint8Array }
  | { readonly type: 'get-blob'; readonly name: string }
  | { readonly type: 'drop-blob'; readonly name: string }
  | { readonly type: 'list-blobs' }
  | { readonly type: 'close' }
  | { readonly type: 'destroy' };

/** What each of them is answered with. */
export interface StoreAnswers {
  readonly get: Entry | undefined;
  readonly list: Snapshot;
  readonly put: Rev;
  readonly del: Deletion;
  readonly 'put-blob': string;
  readonly 'get-blob': Uint8Array | undefined;
  readonly 'drop-blob': undefined;
  readonly 'list-blobs': readonly string[];
  readonly close: undefined;
  readonly destroy: undefined;
}

export type ToStoreThread = StoreRequest & { readonly id: number };

export type FromStoreThread =
  | { readonly type: 'opened'; readonly notice: string | null }
  | { readonly type: 'not-opened'; readonly error: ErrorEnvelope }
  | { readonly type: 'answered'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly error: ErrorEnvelope }
  /** No safety copy could be made; the store goes on. */
  | { readonly type: 'warning'; readonly message: string };

export interface StoreThreadData {
  readonly directory: string;
}
