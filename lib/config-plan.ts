/** What has to be done so that an instance is as a config wants it. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { BackendDescription, EndpointUpdate, InstanceDescription } from './controls.ts';
import type { BackendConfig, BackendTag } from './domain/backend.ts';
import { orderByRoutes } from './domain/route-order.ts';
import { resolveTraffic } from './domain/traffic-policy.ts';
import { ServeError } from './errors.ts';

/** What a config wants, as it can be compared with what there is. */
export interface Wanted {
  readonly backends: ReadonlyMap<BackendTag, WantedBackend>;
  readonly endpoints: ReadonlyMap<string, WantedEndpoint>;
}

export interface WantedBackend extends Omit<BackendDescription, 'config'> {
  /** The keys that are given; the others stay, or have their defaults. */
  readonly config: Partial<BackendConfig>;
}

export interface WantedEndpoint extends EndpointUpdate {
  readonly traffic: Weights;
  /** Absent: they stay. */
  readonly shadows?: Weights;
}

export interface ConfigChange {
  /** `numReplicas`, `actorOptions.numCpus`; of code only `code` and `initArgs`, by their digests. */
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** One change of an instance. Its own `changes` are never none. */
export type ConfigStep =
  | { readonly type: 'create-backend'; readonly backend: BackendTag }
  /** New replicas, then the queries go to them, then the old ones leave. */
  | { readonly type: 'update-backend'; readonly backend: BackendTag; readonly changes: readonly ConfigChange[] }
  | { readonly type: 'update-backend-config'; readonly backend: BackendTag; readonly changes: readonly ConfigChange[] }
  | { readonly type: 'create-endpoint'; readonly endpoint: string; readonly wanted: WantedEndpoint }
  | { readonly type: 'update-endpoint'; readonly endpoint: string; readonly changes: readonly ConfigChange[] }
  | { readonly type: 'set-traffic'; readonly endpoint: string; readonly from: Weights; readonly to: Weights }
  | { readonly type: 'set-shadows'; readonly endpoint: string; readonly from: Weights; readonly to: Weights }
  | { readonly type: 'delete-endpoint'; readonly endpoint: string }
  | { readonly type: 'delete-backend'; readonly backend: BackendTag };

type Weights = Readonly<Record<BackendTag, number>>;
type CurrentEndpoint = InstanceDescription['endpoints'][string];

/**
 * The steps, in an order in which each can be done: backends, then endpoints, then what goes. None when all is as
 * wanted. What is there and not wanted stays, or goes with `prune`.
 *
 * Throws BACKEND_NOT_FOUND (traffic or a shadow to a backend that will not be there), ROUTE_EXISTS (a route of an
 * endpoint that keeps it).
 */
export function planSteps(current: InstanceDescription, wanted: Wanted, prune: boolean): readonly ConfigStep[] {
  const backends = new Map(Object.entries(current.backends));
  const endpoints = new Map(Object.entries(current.endpoints));
  const backendsToGo = prune ? missingIn(wanted.backends, backends) : [];
  const endpointsToGo = prune ? missingIn(wanted.endpoints, endpoints) : [];
  requireTargets(wanted, prune ? [] : backends.keys());
  const { order, freeFirst, deleteFirst } = orderByRoutes(
    routesOf(endpoints),
    routesOf(wanted.endpoints),
    endpointsToGo,
  );
  const toUpdate = new Map([...order, ...wanted.endpoints.keys()].map((name) => [name, wanted.endpoints.get(name)]));
  return [
    ...[...wanted.backends].flatMap(([tag, backend]) => backendSteps(tag, backends.get(tag), backend)),
    ...[...deleteFirst].map(deleteEndpoint),
    ...[...freeFirst].map((name) => moved(name, endpoints.get(name)?.route ?? null, null)),
    ...[...toUpdate].flatMap(([name, endpoint]) => {
      const before = endpoints.get(name);
      const freed = before && freeFirst.has(name) ? { ...before, route: null } : before;
      return endpoint ? endpointSteps(name, freed, endpoint) : [];
    }),
    ...endpointsToGo.filter((name) => !deleteFirst.has(name)).map(deleteEndpoint),
    ...backendsToGo.map((backend): ConfigStep => ({ type: 'delete-backend', backend })),
  ];
}

const missingIn = (kept: ReadonlyMap<string, unknown>, all: ReadonlyMap<string, unknown>): string[] =>
  [...all.keys()].filter((name) => !kept.has(name));

const routesOf = (endpoints: ReadonlyMap<string, { readonly route?: string | null }>) =>
  new Map([...endpoints].flatMap(([name, { route }]) => (route === undefined ? [] : [[name, route] as const])));

const deleteEndpoint = (endpoint: string): ConfigStep => ({ type: 'delete-endpoint', endpoint });

const moved = (endpoint: string, from: string | null, to: string | null): ConfigStep => ({
  type: 'update-endpoint',
  endpoint,
  changes: [{ key: 'route', from, to }],
});

function requireTargets({ backends, endpoints }: Wanted, others: Iterable<BackendTag>): void {
  const known = [...backends.keys(), ...others];
  for (const [name, { traffic, shadows = {} }] of endpoints) {
    try {
      resolveTraffic(traffic, known);
      for (const tag of Object.keys(shadows)) resolveTraffic({ [tag]: 1 }, known);
    } catch (error) {
      if (!(error instanceof ServeError)) throw error;
      throw new ServeError(error.code, `endpoints.${name}: ${error.message}`);
    }
  }
}

function backendSteps(
  backend: BackendTag,
  current: BackendDescription | undefined,
  wanted: WantedBackend,
): readonly ConfigStep[] {
  if (current === undefined) return [{ type: 'create-backend', backend }];
  const config = changesOf(current.config, wanted.config);
  const code = [
    ...changesOf(current.digests, wanted.digests),
    ...changesOf({ env: current.env }, { env: wanted.env }),
    ...changesOf(current.actorOptions, wanted.actorOptions, 'actorOptions.'),
  ];
  if (code.length > 0) return [{ type: 'update-backend', backend, changes: [...code, ...config] }];
  return config.length === 0 ? [] : [{ type: 'update-backend-config', backend, changes: config }];
}

function endpointSteps(
  endpoint: string,
  current: CurrentEndpoint | undefined,
  wanted: WantedEndpoint,
): readonly ConfigStep[] {
  if (current === undefined) return [{ type: 'create-endpoint', endpoint, wanted }];
  const { traffic, shadows = current.shadows, ...others } = wanted;
  const changes = changesOf(current, others);
  const steps: ConfigStep[] = changes.length === 0 ? [] : [{ type: 'update-endpoint', endpoint, changes }];
  if (!isSameSplit(current.traffic, traffic))
    steps.push({ type: 'set-traffic', endpoint, from: current.traffic, to: traffic });
  if (!isDeepStrictEqual(current.shadows, shadows)) {
    steps.push({ type: 'set-shadows', endpoint, from: current.shadows, to: shadows });
  }
  return steps;
}

/** Of the keys that are wanted. */
function changesOf<T extends object>(
  current: T,
  wanted: { readonly [Key in keyof T]?: unknown },
  prefix = '',
): ConfigChange[] {
  return (Object.keys(wanted) as (keyof T & string)[])
    .filter((key) => !isDeepStrictEqual(current[key], wanted[key]))
    .map((key) => ({ key: prefix + key, from: current[key], to: wanted[key] }));
}

/** A weight of 0 is as good as none. */
const isSameSplit = (a: Weights, b: Weights): boolean => isDeepStrictEqual(positive(a), positive(b));

const positive = (weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0));
