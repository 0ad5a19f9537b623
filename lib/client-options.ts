/** What users give for backends and endpoints. */
import type { ActorOptions, BackendConfig, BackendTag } from './domain/backend.ts';
import type { NodeEnv } from './domain/node-env.ts';
import type { ImportedTarget } from './shipping/target.ts';

/** A function or class of the user's, or one that `imported` describes. */
// biome-ignore lint/suspicious/noExplicitAny: a backend takes and returns what it likes
export type BackendTarget = ((...args: any[]) => unknown) | (abstract new (...args: any[]) => object) | ImportedTarget;

export interface CreateBackendGiven {
  /** Constructor arguments, copied now. Default none. */
  readonly initArgs?: readonly unknown[];
  readonly config?: Partial<BackendConfig>;
  /** What each replica needs, and what it runs in. */
  readonly actorOptions?: Partial<ActorOptions>;
  /** What `nodeEnv` returns: packages from a directory of their own, and another Node. Default none. */
  readonly env?: NodeEnv;
}

export interface CreateEndpointGiven {
  readonly backend: BackendTag;
  /** Starts with `/`; exact or with variables: `{name}`, `{id:int}`, `{x:float}`, `{rest:path}`, `{key:uuid}`. Default: handle only. */
  readonly route?: string | null;
  /** Default `['GET']`. */
  readonly methods?: readonly string[];
  /** A started request may be run again when its replica dies. Default false. */
  readonly idempotent?: boolean;
}

/** What of an endpoint may be changed; a key that is not given stays as it is. As in `CreateEndpointGiven`. */
export type UpdateEndpointGiven = Omit<CreateEndpointGiven, 'backend'>;
