import type { TargetState } from '../controller/operations.ts';
import type { Meters } from '../telemetry/meters.ts';

/** No meters for what was known in one of these states and is not now. */
export function forgetAllBut(
  { backends, endpoints }: TargetState,
  known: readonly TargetState[],
  meters: Meters,
): void {
  for (const tag of new Set(known.flatMap((state) => [...state.backends.keys()]))) {
    if (!backends.has(tag)) meters.forgetBackend(tag);
  }
  for (const entry of new Set(known.flatMap((state) => [...state.endpoints.values()]))) {
    if (endpoints.has(entry.name)) continue;
    meters.forgetEndpoint(entry.name);
    if (entry.route !== null) meters.forgetRoute(entry.route);
  }
}
