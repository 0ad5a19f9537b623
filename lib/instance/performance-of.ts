/** How fast an instance answers, and what its replicas use for it. */
import type { Controller } from '../controller/controller.ts';
import { type InstancePerformance, type ReplicaUsage, UNKNOWN_USAGE } from '../domain/performance.ts';
import type { Meters } from '../telemetry/meters.ts';

/** A replica that says nothing for so long is left for the next time, in ms. */
const USAGE_TIMEOUT_MS = 250;

export async function performanceOf(
  { state, supervisors }: Pick<Controller, 'state' | 'supervisors'>,
  meters: Meters,
): Promise<InstancePerformance> {
  const now = performance.now();
  const slots = supervisors.flatMap((supervisor) => supervisor.slots);
  const { promise: isLate, resolve } = Promise.withResolvers<ReplicaUsage>();
  const timer = setTimeout(resolve, USAGE_TIMEOUT_MS, UNKNOWN_USAGE);
  const used = await Promise.all(
    slots.map(
      async ({ tag, host }) => [tag, host ? await Promise.race([host.usage(), isLate]) : UNKNOWN_USAGE] as const,
    ),
  );
  clearTimeout(timer);
  return { revision: state.revision, ...meters.performance(now), replicas: Object.fromEntries(used) };
}
