/** What the wall shows, as its widgets take it. Pure. */
import { EVENT_LEVELS, escapeControls, type ServeStatus } from '../../lib/index.ts';
import { amountText, clockText, latencyText, percentText, rateText } from '../frame/units.ts';
import type { Live } from '../model/live.ts';
import { endpointRows, totalsOf } from '../model/rows.ts';

/** The one that is asked most. */
export function chartedEndpoint({ endpoints }: ServeStatus): string | null {
  const byRate = Object.entries(endpoints).sort(([, a], [, b]) => b.stats.rate - a.stats.rate);
  return byRate[0]?.[0] ?? null;
}

export function titleOf({ status, phase }: Live): string {
  const state = phase.type === 'live' ? 'live' : phase.type === 'lost' ? 'DISCONNECTED' : 'connecting';
  return `servelab ${status?.instance.name ?? ''} ${state}`;
}

/** A table of contrib: cells are texts. */
export function tableOf(status: ServeStatus): {
  readonly headers: readonly string[];
  readonly data: readonly (readonly string[])[];
} {
  return {
    headers: ['ENDPOINT', 'RPS', 'ERR', 'P50', 'P95', 'P99', 'TRAFFIC'],
    data: endpointRows(status).map(({ name, stats, traffic, shadows }) => [
      ...[name, rateText(stats.rate), percentText(stats.rate > 0 ? stats.errorRate / stats.rate : 0)],
      ...[stats.p50Ms, stats.p95Ms, stats.p99Ms].map(latencyText),
      [
        ...traffic.map(({ tag, share }) => `${tag} ${percentText(share)}`),
        ...shadows.map(({ tag, share }) => `(${tag} ${percentText(share)})`),
      ].join(' '),
    ]),
  };
}

/** Shares in percent: replicas that are ready, GPUs that were given out. */
export function donutsOf(
  status: ServeStatus,
): { readonly percent: number; readonly label: string; readonly color: number }[] {
  const { running, target, gpus } = totalsOf(status);
  const ready = target === 0 ? 1 : running / target;
  const donuts = [
    { percent: Math.round(ready * 100), label: `ready ${running}/${target}`, color: ready < 1 ? 214 : 37 },
  ];
  if (gpus.total === 0) return donuts;
  const given = gpus.allocated / gpus.total;
  return [
    ...donuts,
    { percent: Math.round(given * 100), label: `GPU ${amountText(gpus.allocated)}/${gpus.total}`, color: 75 },
  ];
}

/** Oldest first; the level as a word, where it asks for attention. */
export const eventTexts = ({ events }: Live): string[] =>
  events.map((event) => {
    const level = EVENT_LEVELS[event.type];
    const word = level === 'info' ? '' : `${level.toUpperCase()} `;
    // Braces would be read as styles.
    const message = escapeControls(event.message).replaceAll('{', '(').replaceAll('}', ')');
    return `${clockText(Date.parse(event.at))} ${word}${message}`;
  });
