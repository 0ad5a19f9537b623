import { ServeError } from '../errors.ts';
import type { BackendTag } from './backend.ts';
import { clip, describeValue, invalidValue, isPlainObject, quote } from './given-value.ts';
import { nearestName } from './names.ts';

/** How an endpoint's queries are split. Weights are >= 0 and sum to 1 ± 1e-6; at least one is positive. */
export type TrafficPolicy = { readonly weights: readonly (readonly [BackendTag, number])[] };

const SUM_TOLERANCE = 1e-6;
/** More weights than these are not told in a message. */
const MOST_NAMED = 10;

/**
 * The policy for `{ v1: 0.9, v2: 0.1 }`; weights of 0 are kept, so that they can be listed.
 *
 * Throws INVALID_ARGUMENT (not a plain object of numbers), INVALID_TRAFFIC (a bad weight or sum, or none at all) and
 * BACKEND_NOT_FOUND. Source: Ray Serve 1.x set_traffic.
 */
export function resolveTraffic(weights: unknown, knownBackends: Iterable<string>): TrafficPolicy {
  if (!isPlainObject(weights)) {
    throw invalidValue('traffic', 'an object of weights like { v1: 0.9, v2: 0.1 }', weights);
  }
  const resolved = Object.entries(weights).map(([tag, weight]) =>
    Object.freeze([tag, requireWeight(tag, weight)] as const),
  );
  requireSumOfOne(resolved);
  const known = new Set(knownBackends);
  for (const [tag] of resolved) if (!known.has(tag)) throw backendNotFound(tag, known);
  return Object.freeze({ weights: Object.freeze(resolved) });
}

/** A share of an endpoint's queries to copy, in [0, 1]. Throws INVALID_ARGUMENT (no number) and INVALID_TRAFFIC. */
export function requireProportion(value: unknown): number {
  if (typeof value !== 'number') throw invalidValue('proportion', 'a number from 0 to 1', value);
  if (value >= 0 && value <= 1) return value;
  throw new ServeError('INVALID_TRAFFIC', `proportion must be from 0 to 1, got ${value}; 0 ends the shadow`);
}

/**
 * The backend that answers a query, for a draw in [0, 1).
 *
 * Pure: the caller draws. The last backend with a positive weight takes what floating point leaves over; one with
 * weight 0 is never chosen. Source: Ray Serve 1.x RandomEndpointPolicy.
 */
export function chooseBackend({ weights }: TrafficPolicy, draw: number): BackendTag {
  const only = weights.length === 1 ? weights[0] : undefined;
  if (only !== undefined) return only[0];
  let reached = 0;
  let chosen: BackendTag | null = null;
  for (const [tag, weight] of weights) {
    if (weight <= 0) continue;
    reached += weight;
    chosen = tag;
    if (draw < reached) break;
  }
  if (chosen === null) throw new Error('a traffic policy without a positive weight was built');
  return chosen;
}

function requireWeight(tag: string, weight: unknown): number {
  const name = `the weight of ${quote(tag)}`;
  if (typeof weight !== 'number') throw invalidValue(name, 'a number', weight);
  if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
  throw new ServeError('INVALID_TRAFFIC', `${name} must be a finite number >= 0, got ${describeValue(weight)}`);
}

function requireSumOfOne(weights: TrafficPolicy['weights']): void {
  if (weights.length === 0) {
    throw new ServeError(
      'INVALID_TRAFFIC',
      'traffic must name at least one backend, got none; give weights that sum to 1',
    );
  }
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return;
  const named = weights.slice(0, MOST_NAMED).map(([tag, weight]) => `${clip(tag)} ${weight}`);
  const found = [...named, ...(weights.length > MOST_NAMED ? ['…'] : [])].join(', ');
  throw new ServeError('INVALID_TRAFFIC', `weights must sum to 1, got ${sum} (${found}); divide each by ${sum}`);
}

function backendNotFound(tag: string, known: ReadonlySet<string>): ServeError {
  const nearest = nearestName(tag, known);
  const next = nearest === null ? 'create it first with createBackend' : `did you mean '${nearest}'?`;
  return new ServeError('BACKEND_NOT_FOUND', `there is no backend ${quote(tag)}; ${next}`);
}
