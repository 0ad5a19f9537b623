/** Where a user begins: starting an instance, or finding the one that runs. */
import type { Client } from './client.ts';
import { currentReplica, hostedHere } from './current.ts';
import { requireName } from './domain/names.ts';

export interface HttpGiven {
  /** Default '127.0.0.1'. */
  readonly host?: string;
  /** 0 = any free one. Default 8000. */
  readonly port?: number;
  /** 'NoServer' or null: no HTTP. Default 'HeadOnly'. */
  readonly location?: 'HeadOnly' | 'EveryNode' | 'NoServer' | null;
  /**
   * Koa middlewares, in front of every route; or where to import them from: `imported('@koa/cors', 'default', [options])`
   * calls what is exported with the arguments. Functions for an instance in another process are shipped there.
   */
  readonly middlewares?: readonly (import('koa').Middleware | import('./domain/imported.ts').ImportedTarget)[];
  /** Default 100 MiB. */
  readonly maxBodyBytes?: number;
  /** Deadline of every request from its arrival, in ms; null = none. Default null. */
  readonly requestTimeoutMs?: number | null;
  /** Show users' messages and stacks in 500 answers. Default false. */
  readonly debugErrors?: boolean;
}

export interface GpuGiven {
  /** Its physical index, an integer >= 0. */
  readonly index: number;
  readonly name?: string;
  readonly memoryBytes?: number;
}

/** What there is to be given out; what is declared is enforced. Amounts are told apart to 1/10 000. */
export interface ResourcesGiven {
  /** A number >= 0. Default: the machine's, counted and shown, which refuse no replica. */
  readonly cpus?: number;
  /** How many, from 0 or the first of CUDA_VISIBLE_DEVICES, or which ones. Default: those that nvidia-smi finds. */
  readonly gpus?: number | readonly GpuGiven[];
  /** Amounts >= 0 by name. Default none. */
  readonly custom?: Readonly<Record<string, number>>;
}

export interface StartGiven {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,99}`. Default 'default'. */
  readonly name?: string;
  /** It outlives the process that starts it, until `shutdown()`; it then runs in one of its own. Default false. */
  readonly detached?: boolean;
  /** The calling process, or one of its own. Default 'inline'. */
  readonly host?: 'inline' | 'process';
  /** Started again, with all that it had, when it ends unasked. Default: what `detached` is, which it needs. */
  readonly restart?: boolean;
  readonly http?: HttpGiven | null;
  readonly resources?: ResourcesGiven;
  readonly cluster?: Readonly<Record<string, unknown>>;
}

/**
 * Starts an instance, in this process or in one of its own; resolves when its HTTP server listens.
 *
 * A detached one that has ended without `shutdown()` comes back with all that it had: backends with their code and
 * config, endpoints, traffic, shadows. What is not given here is then as it was started before.
 *
 * Rejects with INVALID_ARGUMENT, INSTANCE_EXISTS, PORT_IN_USE, LISTEN_FAILED, NOT_SHIPPABLE (a middleware); a detached
 * one with STORE_CORRUPT, STORE_INCOMPATIBLE, STORE_LOCKED, STORE_FULL, STORE_FAILED, STORE_NOT_PRIVATE, too.
 * Source: Ray Serve 1.x `serve.start`.
 */
export async function start(options: StartGiven = {}): Promise<Client> {
  // Replicas import this module too, and need none of what an instance is made of.
  const { resolveStartOptions } = await import('./options.ts');
  const resolved = resolveStartOptions(options);
  if (resolved.host === 'process') {
    const { startHost } = await import('./remote/start-host.ts');
    return startHost(resolved, options);
  }
  const { startInstance } = await import('./instance/start-instance.ts');
  return startInstance(resolved);
}

/**
 * A client of the running instance of that name: by default 'default', and in a replica the instance it belongs to.
 *
 * Rejects with INSTANCE_NOT_FOUND, PROTOCOL_ERROR. Source: Ray Serve 1.x `serve.connect`.
 */
export async function connect(options: { readonly name?: string } = {}): Promise<Client> {
  const { resolveConnectOptions } = await import('./domain/connect-options.ts');
  const given = resolveConnectOptions(options);
  const replica = currentReplica();
  if (replica && (given === null || given === replica.instanceName)) return replica.connect();
  const name = requireName('instance', given ?? 'default');
  const hosted = hostedHere.get(name);
  if (hosted) return hosted();
  const { connectToInstance } = await import('./remote/remote-instance.ts');
  return connectToInstance(name);
}
