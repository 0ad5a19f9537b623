/** What users want, and how one operation changes it. Pure: an operation that cannot be allowed throws. */
import type { BackendConfig, BackendTag } from '../domain/backend.ts';
import { quote } from '../domain/given-value.ts';
import { nearestName } from '../domain/names.ts';
import { parseRoute } from '../domain/route.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';
import { requireProportion, resolveTraffic } from '../domain/traffic-policy.ts';
import { ServeError, type ServeErrorCode } from '../errors.ts';
import type { BackendSource } from './backend-source.ts';

export interface TargetState {
  /** Counts the operations. */
  readonly revision: number;
  readonly backends: ReadonlyMap<BackendTag, BackendConfig>;
  /** What each of them is made of. */
  readonly sources: ReadonlyMap<BackendTag, BackendSource>;
  readonly endpoints: ReadonlyMap<string, EndpointEntry>;
}

export type Operation =
  | ({ readonly type: 'create-backend' } & WantedBackend)
  | ({ readonly type: 'update-backend' } & WantedBackend)
  | ({ readonly type: 'update-backend-config' } & Omit<WantedBackend, 'source'>)
  | { readonly type: 'delete-backend'; readonly tag: BackendTag }
  | {
      readonly type: 'create-endpoint';
      readonly name: string;
      readonly backend: BackendTag;
      readonly route: string | null;
      readonly methods: readonly string[];
      readonly idempotent: boolean;
    }
  | {
      readonly type: 'update-endpoint';
      readonly name: string;
      /** A key that is absent stays as it is. */
      readonly update: Partial<Pick<EndpointEntry, 'route' | 'methods' | 'idempotent'>>;
    }
  | { readonly type: 'delete-endpoint'; readonly name: string }
  | { readonly type: 'set-traffic'; readonly name: string; readonly weights: unknown }
  | { readonly type: 'shadow-traffic'; readonly name: string; readonly tag: unknown; readonly proportion: unknown }
  /** `to`: an earlier state, which is wanted again. */
  | { readonly type: 'rollback'; readonly to: TargetState };

interface WantedBackend {
  readonly tag: BackendTag;
  readonly config: BackendConfig;
  readonly source: BackendSource;
}

export const NOTHING_WANTED: TargetState = Object.freeze({
  revision: 0,
  backends: new Map(),
  sources: new Map(),
  endpoints: new Map(),
});

/** The state after one operation. Throws `…_EXISTS`, `…_NOT_FOUND`, BACKEND_IN_USE, INVALID_TRAFFIC, INVALID_ARGUMENT. */
export function applyOperation(state: TargetState, op: Operation): TargetState {
  return { ...state, ...changed(state, op), revision: state.revision + 1 };
}

function changed(state: TargetState, op: Operation): Partial<TargetState> {
  switch (op.type) {
    case 'create-backend':
      requireFreeTag(state, op.tag);
      return withBackend(state, op);
    case 'update-backend':
      requireBackend(state, op.tag);
      return withBackend(state, op);
    case 'update-backend-config':
      requireBackend(state, op.tag);
      return { backends: new Map(state.backends).set(op.tag, op.config) };
    case 'delete-backend':
      return { backends: withoutBackend(state, op.tag), sources: without(state.sources, op.tag) };
    case 'create-endpoint':
      return { endpoints: new Map(state.endpoints).set(op.name, newEndpoint(state, op)) };
    case 'update-endpoint':
      return { endpoints: new Map(state.endpoints).set(op.name, updatedEndpoint(state, op)) };
    case 'delete-endpoint':
      requireEndpoint(state, op.name);
      return { endpoints: without(state.endpoints, op.name) };
    case 'set-traffic': {
      const entry = requireEndpoint(state, op.name);
      const traffic = resolveTraffic(op.weights, state.backends.keys());
      return { endpoints: new Map(state.endpoints).set(op.name, { ...entry, traffic }) };
    }
    case 'shadow-traffic':
      return { endpoints: new Map(state.endpoints).set(op.name, withShadow(state, op)) };
    case 'rollback':
      return op.to;
  }
}

const withBackend = (state: TargetState, { tag, config, source }: WantedBackend): Partial<TargetState> => ({
  backends: new Map(state.backends).set(tag, config),
  sources: new Map(state.sources).set(tag, source),
});

export function requireFreeTag(state: TargetState, tag: BackendTag): void {
  if (!state.backends.has(tag)) return;
  throw new ServeError(
    'BACKEND_EXISTS',
    `backend '${tag}' exists; change it with updateBackendConfig, delete it first, or choose another tag`,
  );
}

export function requireBackend(state: TargetState, tag: unknown): BackendConfig {
  const config = typeof tag === 'string' ? state.backends.get(tag) : undefined;
  if (config) return config;
  throw notFound('BACKEND_NOT_FOUND', 'backend', tag, state.backends.keys());
}

export function requireEndpoint(state: TargetState, name: unknown): EndpointEntry {
  const entry = typeof name === 'string' ? state.endpoints.get(name) : undefined;
  if (entry) return entry;
  throw notFound('ENDPOINT_NOT_FOUND', 'endpoint', name, state.endpoints.keys());
}

function withoutBackend(state: TargetState, tag: BackendTag): TargetState['backends'] {
  requireBackend(state, tag);
  const users = [...state.endpoints.values()].filter((entry) => usesBackend(entry, tag)).map(({ name }) => `'${name}'`);
  if (users.length > 0) {
    throw new ServeError(
      'BACKEND_IN_USE',
      `backend '${tag}' is used by endpoint ${users.join(', ')}; take it out of their traffic and shadows first`,
    );
  }
  return without(state.backends, tag);
}

const usesBackend = ({ traffic, shadows }: EndpointEntry, tag: BackendTag): boolean =>
  traffic.weights.some(([used]) => used === tag) || shadows.some(([used]) => used === tag);

function newEndpoint(state: TargetState, op: Extract<Operation, { type: 'create-endpoint' }>): EndpointEntry {
  const { name, backend, route, methods, idempotent } = op;
  if (state.endpoints.has(name)) {
    throw new ServeError('ENDPOINT_EXISTS', `endpoint '${name}' exists; delete it first, or choose another name`);
  }
  requireBackend(state, backend);
  if (route !== null) requireFreeRoute(state, route);
  return { name, route, methods, idempotent, traffic: { weights: [[backend, 1]] }, shadows: [] };
}

function updatedEndpoint(state: TargetState, op: Extract<Operation, { type: 'update-endpoint' }>): EndpointEntry {
  const entry = requireEndpoint(state, op.name);
  const { route } = op.update;
  if (typeof route === 'string') requireFreeRoute({ ...state, endpoints: without(state.endpoints, op.name) }, route);
  return { ...entry, ...op.update };
}

function requireFreeRoute(state: TargetState, route: string): void {
  const { key } = parseRoute(route);
  for (const other of state.endpoints.values()) {
    if (other.route === null || parseRoute(other.route).key !== key) continue;
    const same = other.route === route ? '' : `, which matches the same paths as ${quote(other.route)},`;
    throw new ServeError(
      'ROUTE_EXISTS',
      `route ${quote(route)}${same} belongs to endpoint '${other.name}'; choose another route`,
    );
  }
}

function withShadow(state: TargetState, op: Extract<Operation, { type: 'shadow-traffic' }>): EndpointEntry {
  const entry = requireEndpoint(state, op.name);
  requireBackend(state, op.tag);
  const proportion = requireProportion(op.proportion);
  const others = entry.shadows.filter(([tag]) => tag !== op.tag);
  return { ...entry, shadows: proportion === 0 ? others : [...others, [op.tag as BackendTag, proportion]] };
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

function notFound(code: ServeErrorCode, what: string, name: unknown, known: Iterable<string>): ServeError {
  if (typeof name !== 'string') {
    return new ServeError('INVALID_ARGUMENT', `the ${what} must be given by its name, got ${typeof name}`);
  }
  const nearest = nearestName(name, known);
  const verb = what === 'backend' ? 'createBackend' : 'createEndpoint';
  const next = nearest === null ? `create it first with ${verb}` : `did you mean '${nearest}'?`;
  return new ServeError(code, `there is no ${what} ${quote(name)}; ${next}`);
}
