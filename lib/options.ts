/** What users give, resolved once: defaults, types, ranges, unknown names. Inside, the types are trusted. */
import type Koa from 'koa';
import { z } from 'zod';
import { resolveActorOptions } from './actor-options.ts';
import { type ActorOptions, type BackendConfig, DEFAULT_BACKEND_CONFIG } from './domain/backend.ts';
import { invalidValue, isPlainObject } from './domain/given-value.ts';
import { isHttpToken } from './domain/http-token.ts';
import { type ImportedTarget, isImported } from './domain/imported.ts';
import { requireName } from './domain/names.ts';
import { isNodeEnv, type NodeEnv } from './domain/node-env.ts';
import type { DeclaredResources } from './domain/resources.ts';
import { parseRoute } from './domain/route.ts';
import { ServeError } from './errors.ts';
import {
  anything,
  duration,
  flag,
  integerFrom,
  list,
  orNull,
  readFields,
  record,
  text,
  timeout,
} from './option-fields.ts';
import { resolveResources } from './resource-options.ts';

export { resolveActorOptions };

export interface CreateBackendOptions {
  readonly initArgs: readonly unknown[];
  readonly config: BackendConfig;
  readonly actorOptions: ActorOptions;
  /** As described, not yet looked for; null = none. */
  readonly env: NodeEnv | null;
}

export interface CreateEndpointOptions {
  readonly backend: string;
  /** null = by handle only. */
  readonly route: string | null;
  /** Upper-case, each once, at least one. */
  readonly methods: readonly string[];
  readonly idempotent: boolean;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly location: 'HeadOnly' | 'EveryNode';
  readonly middlewares: readonly GivenMiddleware[];
  readonly maxBodyBytes: number;
  /** null = none. */
  readonly requestTimeoutMs: number | null;
  readonly debugErrors: boolean;
}

/** A Koa middleware, or where to import one from: with arguments, what exports it makes it of them. */
export type GivenMiddleware = Koa.Middleware | ImportedTarget;

export interface StartOptions {
  readonly name: string;
  /** Outlives who started it. Then `host` is 'process'. */
  readonly detached: boolean;
  readonly host: 'inline' | 'process';
  /** A detached one is started again when it ends unasked. */
  readonly restart: boolean;
  /** null = no server. */
  readonly http: HttpOptions | null;
  readonly resources: DeclaredResources;
}

const BACKEND_FIELDS = {
  numReplicas: integerFrom(0),
  maxBatchSize: orNull(integerFrom(1)),
  batchWaitTimeoutMs: duration,
  maxConcurrentQueries: orNull(integerFrom(1)),
  maxQueuedQueries: integerFrom(0),
  requestTimeoutMs: orNull(timeout),
  userConfig: anything,
  gracefulShutdownTimeoutMs: duration,
  healthCheckPeriodMs: timeout,
};

const CREATE_BACKEND_FIELDS = {
  initArgs: list,
  config: anything,
  actorOptions: anything,
  env: z.custom<NodeEnv>(isNodeEnv).describe("what nodeEnv('./directory') returns"),
};

const DELETE_BACKEND_FIELDS = { force: flag };

const UPDATE_ENDPOINT_FIELDS = {
  route: anything,
  methods: z.array(z.unknown()).min(1).describe("a non-empty array of HTTP methods like ['GET', 'POST']"),
  idempotent: flag,
};

const CREATE_ENDPOINT_FIELDS = {
  ...UPDATE_ENDPOINT_FIELDS,
  backend: z.string().describe('a string, the tag of a backend'),
};

const START_FIELDS = {
  name: anything,
  detached: flag,
  host: z.enum(['inline', 'process']).describe("'inline' or 'process'"),
  restart: flag,
  http: anything,
  resources: anything,
  cluster: record,
};

const HTTP_FIELDS = {
  host: text,
  port: z.int().min(0).max(65_535).describe('an integer from 0 (any free port) to 65535'),
  location: orNull(z.enum(['HeadOnly', 'EveryNode', 'NoServer']).describe("'HeadOnly', 'EveryNode', 'NoServer'")),
  middlewares: list,
  maxBodyBytes: integerFrom(0),
  requestTimeoutMs: orNull(timeout),
  debugErrors: flag,
};

const DEFAULT_HTTP: HttpOptions = Object.freeze({
  host: '127.0.0.1',
  port: 8000,
  location: 'HeadOnly',
  middlewares: Object.freeze([]),
  maxBodyBytes: 100 * 1024 * 1024,
  requestTimeoutMs: null,
  debugErrors: false,
});

/**
 * A backend's config: `given` over `base`. Only given keys change, and undefined counts as not given, except for
 * `userConfig`, where it means none. Throws INVALID_ARGUMENT. Source: Ray Serve 1.x BackendConfig.
 */
export function resolveBackendConfig(given: unknown, base: BackendConfig = DEFAULT_BACKEND_CONFIG): BackendConfig {
  const options = readFields('backend', given, BACKEND_FIELDS);
  const hasUserConfig = isPlainObject(given) && Object.hasOwn(given, 'userConfig');
  const userConfig = hasUserConfig ? options.userConfig : base.userConfig;
  return Object.freeze({ ...base, ...options, userConfig });
}

/** The options of `createBackend`. Throws INVALID_ARGUMENT. */
export function resolveCreateBackendOptions(given: unknown): CreateBackendOptions {
  const options = readFields('createBackend', given, CREATE_BACKEND_FIELDS);
  const { initArgs = [], config, actorOptions, env = null } = options;
  return Object.freeze({
    initArgs: Object.freeze(initArgs),
    config: resolveBackendConfig(config),
    actorOptions: resolveActorOptions(actorOptions, env === null ? [] : ['env']),
    env,
  });
}

/** The options of `deleteBackend`: `force` false by default. Throws INVALID_ARGUMENT. */
export function resolveDeleteBackendOptions(given: unknown): { readonly force: boolean } {
  const { force = false } = readFields('deleteBackend', given, DELETE_BACKEND_FIELDS);
  return Object.freeze({ force });
}

/** The options of `createEndpoint`: methods ['GET'], no route, not idempotent by default. Throws INVALID_ARGUMENT. */
export function resolveCreateEndpointOptions(given: unknown): CreateEndpointOptions {
  const options = readFields('createEndpoint', given, CREATE_ENDPOINT_FIELDS);
  const { backend, route, methods = ['GET'], idempotent = false } = options;
  if (backend === undefined) throw invalidValue('backend', 'a string, the tag of a backend', backend);
  return Object.freeze({
    backend,
    route: readRoute(route),
    methods: readMethods(methods),
    idempotent,
  });
}

/** The options of `updateEndpoint`: only what was given. Throws INVALID_ARGUMENT. */
export function resolveUpdateEndpointOptions(given: unknown): Partial<Omit<CreateEndpointOptions, 'backend'>> {
  const { route, methods, idempotent } = readFields('updateEndpoint', given, UPDATE_ENDPOINT_FIELDS);
  return Object.freeze({
    ...(route !== undefined && { route: readRoute(route) }),
    ...(methods !== undefined && { methods: readMethods(methods) }),
    ...(idempotent !== undefined && { idempotent }),
  });
}

/** The options of `start`; what this version has not is refused by name. Throws INVALID_ARGUMENT. */
export function resolveStartOptions(given: unknown): StartOptions {
  const options = readFields('start', given, START_FIELDS);
  const { name = 'default', detached = false, http, resources, cluster = {} } = options;
  const host = hostOf(options.host, detached);
  const resolved = {
    name: requireName('instance', name),
    http: http === null ? null : resolveHttp(http),
    resources: resolveResources(resources),
  };
  if (Object.keys(cluster).length > 0) throw notAvailable('cluster', 'clusters are', 'leave it out');
  return Object.freeze({ ...resolved, detached, host, restart: restartOf(options.restart, detached) });
}

function restartOf(given: boolean | undefined, detached: boolean): boolean {
  if (!given || detached) return given ?? detached;
  throw new ServeError(
    'INVALID_ARGUMENT',
    'restart is true, but an instance that is not detached ends with the process that starts it; give detached, too',
  );
}

function hostOf(given: StartOptions['host'] | undefined, detached: boolean): StartOptions['host'] {
  if (!detached) return given ?? 'inline';
  if (given !== 'inline') return 'process';
  throw new ServeError(
    'INVALID_ARGUMENT',
    "host is 'inline', but a detached instance outlives the process that starts it; leave host out",
  );
}

function resolveHttp(given: unknown): HttpOptions | null {
  const { location = 'HeadOnly', middlewares = [], ...options } = readFields('http', given, HTTP_FIELDS, 'http.');
  const functions = Object.freeze(middlewares.map(requireMiddleware));
  if (location === null || location === 'NoServer') return null;
  return Object.freeze({ ...DEFAULT_HTTP, ...options, location, middlewares: functions });
}

function requireMiddleware(given: unknown, index: number): GivenMiddleware {
  if (isFunction(given) || isImported(given)) return given;
  const wanted = 'a Koa middleware, (ctx, next) => …, or imported(module, export, [options])';
  throw invalidValue(`http.middlewares[${index}]`, wanted, given);
}

// Nothing more than this can be known of a function before it is called.
const isFunction = (value: unknown): value is Koa.Middleware => typeof value === 'function';

const readRoute = (route: unknown): string | null =>
  route === undefined || route === null ? null : parseRoute(route).pattern;

const readMethods = (methods: readonly unknown[]): readonly string[] =>
  Object.freeze([...new Set(methods.map(readMethod))]);

function readMethod(method: unknown, index: number): string {
  if (typeof method === 'string' && isHttpToken(method)) return method.toUpperCase();
  throw invalidValue(`methods[${index}]`, "an HTTP method like 'GET'", method);
}

function notAvailable(found: string, why: string, next: string): ServeError {
  return new ServeError('INVALID_ARGUMENT', `${found}: ${why} not available in this version; ${next}`);
}
