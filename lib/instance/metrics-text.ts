import type { Controller } from '../controller/controller.ts';
import type { Meters } from '../telemetry/meters.ts';
import { renderMetrics } from '../telemetry/prometheus.ts';
import type { InstanceStatus } from './instance-status.ts';

/** For Prometheus: the instance's own metrics, and those of users' code in its replicas. */
export async function metricsText(
  controller: Controller,
  meters: Meters,
  status: InstanceStatus,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const slots = controller.supervisors.flatMap((supervisor) => supervisor.slots.filter((slot) => slot.isServing));
  const users = await Promise.all(slots.map((slot) => slot.host?.metrics() ?? []));
  return renderMetrics(meters, status.gauges(), users);
}
