/** What an instance is to be, in one file: checked, compared with what is there, and made true. */
import type { Client } from './client.ts';
import type { BackendTarget, CreateBackendGiven } from './client-options.ts';
import type { ConfigStep } from './config-plan.ts';
import type { BackendTag } from './domain/backend.ts';
import { readGivenOptions } from './domain/given-options.ts';
import { clip, invalidValue, isPlainObject, quote } from './domain/given-value.ts';
import { isImported, markImported } from './domain/imported.ts';
import { requireName } from './domain/names.ts';
import { isNodeEnv, type NodeEnv } from './domain/node-env.ts';
import { parseRoute } from './domain/route.ts';
import { requireProportion, resolveTraffic } from './domain/traffic-policy.ts';
import { isServeError, ServeError } from './errors.ts';
import { callerUrl } from './shipping/caller.ts';
import { nodeEnvFrom } from './shipping/node-env.ts';

export interface ConfigGiven {
  readonly backends?: Readonly<Record<BackendTag, BackendGiven>>;
  readonly endpoints?: Readonly<Record<string, EndpointGiven>>;
}

/** As for `createBackend`. A key of `config` that is not given stays as it is in the instance. */
export interface BackendGiven extends Omit<CreateBackendGiven, 'env'> {
  /** What `createBackend` takes; or a module, as `import` in the file would name it, and its export (default 'default'). */
  readonly target: BackendTarget | { readonly import: string; readonly export?: string };
  /** What `nodeEnv` returns, or takes: a directory, as seen from the file, and a Node binary. */
  readonly env?: NodeEnv | { readonly directory: string; readonly node?: string };
}

/** As for `createEndpoint`. What is not given stays as it is in the instance. */
export interface EndpointGiven {
  /** Weights >= 0 by backend, summing to 1 ± 1e-6. */
  readonly traffic: Readonly<Record<BackendTag, number>>;
  /** Proportions in [0, 1] by backend; given, they are all there are. */
  readonly shadows?: Readonly<Record<BackendTag, number>>;
  readonly route?: string | null;
  readonly methods?: readonly string[];
  readonly idempotent?: boolean;
}

/** A config whose form has been checked, and that means the same wherever it is used. */
export interface ServeConfig {
  readonly backends: Readonly<Record<BackendTag, ConfiguredBackend>>;
  readonly endpoints: Readonly<Record<string, EndpointGiven>>;
}

export interface ConfiguredBackend extends CreateBackendGiven {
  readonly target: BackendTarget;
}

const BACKEND_KEYS = ['target', 'initArgs', 'config', 'actorOptions', 'env'];
const ENDPOINT_KEYS = ['traffic', 'shadows', 'route', 'methods', 'idempotent'];
const WANTED_TARGET = "a function, a class, imported(…), or a module and its export like { import: './model.ts' }";

/**
 * The backends and endpoints that an instance is to have, for `servelab apply`, whose file exports them by default.
 *
 * `from`: the file URL from which modules and directories are seen; default the caller's file. Nothing is loaded or
 * looked for. Throws INVALID_ARGUMENT, INVALID_TRAFFIC, ROUTE_EXISTS (two endpoints with one route), naming the place.
 */
export function defineConfig(config: ConfigGiven, from: string = callerUrl()): ServeConfig {
  const given = readGivenOptions('config', config, ['backends', 'endpoints']);
  const backends = mapFields('backends', given.get('backends') ?? {}, (tag, value) => {
    requireName('backend', tag);
    return readBackend(tag, value, from);
  });
  const endpoints = mapFields('endpoints', given.get('endpoints') ?? {}, (name, value) => {
    requireName('endpoint', name);
    return readEndpoint(name, value);
  });
  requireDifferentRoutes(endpoints);
  return Object.freeze({ backends, endpoints });
}

export interface ConfigPlan {
  /** In order; none when the instance is as the config wants it. */
  readonly steps: readonly ConfigStep[];
}

/**
 * What would have to be done, and nothing done. `prune`: what the config does not have is to go; default false.
 *
 * Code is compared by digests, which cover modules that are imported by path, too, and of packages the version.
 * Rejects with all that `createBackend` and `createEndpoint` refuse without an instance, BACKEND_NOT_FOUND,
 * ROUTE_EXISTS.
 */
export async function planConfig(
  client: Client,
  config: ServeConfig,
  { prune = false }: { readonly prune?: boolean } = {},
): Promise<ConfigPlan> {
  const { planConfig: plan } = await import('./apply-config.ts');
  return plan(client, config, prune);
}

/**
 * Does the steps of a plan for this config, one after the other. `done` is told of each that is done. Rejects with what
 * the first one that fails rejects with: what was done stays, and the next plan has what is left.
 */
export async function applyConfig(
  client: Client,
  config: ServeConfig,
  plan: ConfigPlan,
  done: (step: ConfigStep) => void = () => {},
): Promise<void> {
  const { applyConfig: apply } = await import('./apply-config.ts');
  await apply(client, config, plan, done);
}

function readBackend(tag: string, given: unknown, from: string): ConfiguredBackend {
  const options = readGivenOptions(`backend '${tag}'`, requirePlain('a backend', given), BACKEND_KEYS);
  const { initArgs, config, actorOptions } = Object.fromEntries(options) as unknown as BackendGiven;
  if (initArgs !== undefined && !Array.isArray(initArgs)) throw invalidValue('initArgs', 'an array', initArgs);
  if (config !== undefined) requirePlain('config', config);
  if (actorOptions !== undefined) requirePlain('actorOptions', actorOptions);
  const env = readEnv(options.get('env'), from);
  return Object.freeze({
    target: readTarget(options.get('target'), from),
    ...(initArgs !== undefined && { initArgs }),
    ...(config !== undefined && { config }),
    ...(actorOptions !== undefined && { actorOptions }),
    ...(env !== undefined && { env }),
  });
}

function readTarget(given: unknown, from: string): BackendTarget {
  if (typeof given === 'function' || isImported(given)) return given as BackendTarget;
  if (!isPlainObject(given)) throw invalidValue('target', WANTED_TARGET, given);
  const options = readGivenOptions('target', given, ['import', 'export']);
  const [module, exportName = 'default'] = [options.get('import'), options.get('export')];
  if (typeof module !== 'string' || module === '') throw invalidValue('target.import', 'a module', module);
  if (typeof exportName !== 'string' || exportName === '') {
    throw invalidValue('target.export', 'the name of an export', exportName);
  }
  return markImported({ kind: 'imported', module, exportName, initArgs: null, from });
}

function readEnv(given: unknown, from: string): NodeEnv | undefined {
  if (given === undefined || isNodeEnv(given)) return given;
  const options = readGivenOptions('env', requirePlain('env', given), ['directory', 'node']);
  return nodeEnvFrom(from, options.get('directory'), options.get('node'));
}

function readEndpoint(name: string, given: unknown): EndpointGiven {
  const options = readGivenOptions(`endpoint '${name}'`, requirePlain('an endpoint', given), ENDPOINT_KEYS);
  const { traffic, shadows, route, methods, idempotent } = Object.fromEntries(options) as unknown as EndpointGiven;
  resolveTraffic(traffic, Object.keys(isPlainObject(traffic) ? traffic : {}));
  const copies = shadows === undefined ? undefined : Object.entries(requirePlain('shadows', shadows));
  const proportions = copies?.map(([tag, proportion]) => [tag, requireProportion(proportion)] as const);
  if (methods !== undefined && !Array.isArray(methods)) throw invalidValue('methods', 'an array', methods);
  if (idempotent !== undefined && typeof idempotent !== 'boolean') {
    throw invalidValue('idempotent', 'true or false', idempotent);
  }
  return Object.freeze({
    traffic: Object.freeze({ ...traffic }),
    // 0 means none.
    ...(proportions && { shadows: Object.fromEntries(proportions.filter(([, proportion]) => proportion > 0)) }),
    ...(route !== undefined && { route: route === null ? null : parseRoute(route).pattern }),
    ...(methods !== undefined && { methods }),
    ...(idempotent !== undefined && { idempotent }),
  });
}

function requireDifferentRoutes(endpoints: ServeConfig['endpoints']): void {
  const names = new Map<string, string>();
  for (const [name, { route }] of Object.entries(endpoints)) {
    if (typeof route !== 'string') continue;
    const { key } = parseRoute(route);
    const other = names.get(key);
    if (other === undefined) names.set(key, name);
    else throw new ServeError('ROUTE_EXISTS', `endpoints '${other}' and '${name}' have one route, ${quote(route)}`);
  }
}

/** Says of what it refuses where in the config that is. */
function mapFields<T>(
  section: string,
  given: unknown,
  read: (name: string, value: unknown) => T,
): Readonly<Record<string, T>> {
  const entries = Object.entries(requirePlain(section, given)).map(([name, value]) => {
    try {
      return [name, read(name, value)] as const;
    } catch (error) {
      if (!isServeError(error)) throw error;
      throw new ServeError(error.code, `${section}.${clip(name)}: ${error.message}`);
    }
  });
  return Object.freeze(Object.fromEntries(entries));
}

function requirePlain(name: string, given: unknown): Readonly<Record<string, unknown>> {
  if (isPlainObject(given)) return given;
  throw invalidValue(name, 'a plain object', given);
}
