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
  | { readonly type: 'table'; readonly change: unknown }
  | { readonly type: 'replied'; readonly id: number; readonly value: unknown; readonly error: ErrorEnvelope | null };

/** Replica to instance. */
export type FromReplica =
  | { readonly type: 'ready'; readonly traits: ReplicaTraits }
  /** `isFinal`: a second try would fail alike. */
  | { readonly type: 'start-failed'; readonly error: ErrorEnvelope; readonly isFinal: boolean }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorEnvelope }
  | { readonly type: 'subscribe' }
  | {
      readonly type: 'connect';
      readonly replicaId: string;
      readonly port: MessagePort;
      readonly page: SharedArrayBuffer;
    }
  | {
      readonly type: 'gateway';
      readonly port: MessagePort;
      readonly page: SharedArrayBuffer;
      readonly wake: SharedArrayBuffer;
    }
  | { readonly type: 'meters'; readonly delta: unknown; readonly queued: Readonly<Record<string, number>> }
  /** A call of the instance's own controls, from `serve.connect()` in the replica. */
  | { readonly type: 'ask'; readonly id: number; readonly method: string; readonly args: readonly unknown[] };
