/** What the instance and a replica tell each other, apart from queries. One union per direction. */
import type { MessagePort } from 'node:worker_threads';
import type { ReplicaSpec, ReplicaTraits, ServingConfig } from '../domain/replica.ts';
import type { ErrorEnvelope } from '../wire/error-envelope.ts';

/** What a thread is started with. */
export interface ReplicaTask {
  readonly control: MessagePort;
  readonly spec: ReplicaSpec;
  /** Int32Array by `LOAD`. */
  readonly load: SharedArrayBuffer;
  /** Int32Array of one: the newest version of the routing table. */
  readonly tableVersion: SharedArrayBuffer;
}

/** What a process is started with, its first message. */
export interface ProcessTask {
  readonly spec: ReplicaSpec;
  /** Where it takes connections: a Unix socket to make. */
  readonly address: string;
  /** Where the instance takes queries that it is to route for a replica that blocks: a socket that greets. */
  readonly gateway: string;
  /** A file where it keeps what it holds, an Int32Array by `LOAD`. */
  readonly load: string;
  /** Of the toolkit. */
  readonly version: string;
  /** The routing table and its version, which the instance keeps up to date. */
  readonly table: TableFiles;
}

/** Paths. */
export interface TableFiles {
  readonly version: string;
  readonly table: string;
}

/** Instance to replica. Those with an `id` are answered by `done` or `failed`. */
export type ToReplica =
  | { readonly type: 'accept'; readonly port: MessagePort; readonly page: SharedArrayBuffer }
  | { readonly type: 'configure'; readonly serving: ServingConfig }
  | { readonly type: 'reconfigure'; readonly id: number; readonly userConfig: unknown; readonly graceMs: number }
  /** The outcome of a `reconfigure` is settled at every replica: queries may run again. */
  | { readonly type: 'resume' }
  | { readonly type: 'check'; readonly id: number }
  | { readonly type: 'drain'; readonly id: number }
  | { readonly type: 'shutdown'; readonly id: number }
  | { readonly type: 'metrics'; readonly id: number }
  /** Where queries of its own router went. */
  | { readonly type: 'trace'; readonly id: number; readonly requestId: string }
  /** To a thread: the change itself. To a process: null, the table's file has it. */
  | { readonly type: 'table'; readonly change: unknown }
  /** To a thread: routers in other processes will connect to this Unix socket. */
  | { readonly type: 'listen'; readonly id: number; readonly address: string }
  | { readonly type: 'replied'; readonly id: number; readonly value: unknown; readonly error: ErrorEnvelope | null };

/** Replica to instance. */
export type FromReplica =
  | { readonly type: 'ready'; readonly traits: ReplicaTraits }
  /** `isFinal`: a second try would fail alike. */
  | { readonly type: 'start-failed'; readonly error: ErrorEnvelope; readonly isFinal: boolean }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorEnvelope }
  | { readonly type: 'subscribe' }
  /** From a process, before it runs what is the user's: what it holds by then, in bytes of resident memory. */
  | { readonly type: 'loaded'; readonly pid: number; readonly residentBytes: number }
  /** From a process, as its last words: what nothing caught. */
  | { readonly type: 'dying'; readonly error: ErrorEnvelope }
  /** Where another replica takes connections; answered by `replied`. */
  | { readonly type: 'locate'; readonly id: number; readonly replicaId: string }
  | {
      readonly type: 'connect';
      readonly replicaId: string;
      readonly port: MessagePort;
      readonly page: SharedArrayBuffer;
    }
  | {
      readonly type: 'gateway';
      readonly port: MessagePort;
      readonly wake: SharedArrayBuffer;
    }
  | { readonly type: 'meters'; readonly delta: unknown; readonly queued: Readonly<Record<string, number>> }
  /** A call of the instance's own controls, from `serve.connect()` in the replica. */
  | { readonly type: 'ask'; readonly id: number; readonly method: string; readonly args: readonly unknown[] };
