import { escapeControls } from '../domain/printable.ts';
import { admitFamilies, type DroppedMetric } from './admit-families.ts';
import { gauge, instanceFamilies, type ReplicaGauge } from './instance-families.ts';
import type { Meters } from './meters.ts';
import type { MetricFamily } from './metric-family.ts';

export type { ReplicaGauge } from './instance-families.ts';

export interface MetricsPage {
  readonly contentType: string;
  readonly text: string;
}

const MAX_COMMENTS = 20;
const MAX_COMMENT_LENGTH = 200;

/**
 * The instance's metrics and its users' own as Prometheus text.
 *
 * `replicaMetrics`: per replica, what its `UserMetrics.toJSON()` gave. Those that are malformed or use a name that is
 * taken, by servelab or by another kind of metric in an earlier replica, are left out; `serve_metrics_dropped` counts
 * them and comments at the end name them. Never throws for anything a user did.
 */
export async function renderMetrics(
  meters: Meters,
  gauges: readonly ReplicaGauge[],
  replicaMetrics: readonly (readonly unknown[])[],
): Promise<MetricsPage> {
  // 46 ms to load: only an instance that is asked for its metrics pays.
  const { AggregatorRegistry } = await import('prom-client');
  const own = instanceFamilies(meters.counts(), gauges);
  const { admitted, dropped } = admitFamilies([...own, droppedFamily([])], replicaMetrics);
  const registry = AggregatorRegistry.aggregate([[...own, droppedFamily(dropped)], ...admitted]);
  const text = await registry.metrics();
  return { contentType: registry.contentType, text: `${text}${comments(dropped)}` };
}

const droppedFamily = (dropped: readonly DroppedMetric[]): MetricFamily =>
  gauge('serve_metrics_dropped', 'Metrics of users left out of this page; see the comments at its end.', [
    { value: dropped.length, labels: {} },
  ]);

/** One line per name and reason. Names are text from anywhere: they must not make lines of their own. */
function comments(dropped: readonly DroppedMetric[]): string {
  const lines = new Set(dropped.map(({ name, reason }) => comment(`left out ${name}: ${reason}`)));
  const shown = [...lines].slice(0, MAX_COMMENTS);
  if (lines.size > shown.length) shown.push(comment(`left out ${lines.size - shown.length} more`));
  return shown.join('');
}

const comment = (text: string): string => `# servelab ${escapeControls(text.slice(0, MAX_COMMENT_LENGTH))}\n`;
