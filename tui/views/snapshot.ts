/** Everything once, as plain tables: for pipes, files and terminals that cannot do more. */
import type { ServeStatus } from '../../lib/index.ts';
import { amountText, durationText, latencyText, percentText, rateText } from '../frame/units.ts';
import { widthOf } from '../frame/width.ts';
import { alertsOf, backendRows, endpointRows, gpuRows, pendingRows, replicaRows, totalsOf } from '../model/rows.ts';
import { REPLICA_KEYS, sorted } from '../model/sort.ts';
import { runsIn } from './replicas.ts';

/** Lines without escapes. `now` in ms. */
export function snapshotText(status: ServeStatus, now: number): string {
  const { name, httpUrl, revision, startedAt } = status.instance;
  const { rate, errorRate, worst, running, target, ongoing, queued, gpus } = totalsOf(status);
  const since = (time: string): string => durationText(now - Date.parse(time));
  const head = `${name}  ${httpUrl ?? 'no HTTP'}  up ${since(startedAt)}  revision ${revision}`;
  const totals = [
    `rps ${rateText(rate)}  errors ${percentText(rate > 0 ? errorRate / rate : 0)}  p99 ${latencyText(worst?.p99Ms ?? null)}`,
    `replicas ${running}/${target}  ongoing ${ongoing}  queued ${queued}`,
    ...(gpus.total === 0 ? [] : [`gpus ${amountText(gpus.allocated)}/${gpus.total}`]),
  ].join('  ');
  const shares = (parts: readonly { readonly tag: string; readonly share: number }[]): string =>
    parts.map(({ tag, share }) => `${tag} ${percentText(share)}`).join(', ') || '-';
  return [
    head,
    totals,
    ...alertsOf(status).map((alert) => `! ${alert}`),
    ...table(
      ['ENDPOINT', 'ROUTE', 'RPS', 'ERR', 'P50', 'P95', 'P99', 'TRAFFIC', 'SHADOWS'],
      endpointRows(status).map(({ name: endpoint, route, stats, traffic, shadows }) => [
        ...[endpoint, route ?? '-', ...statsCells(stats), shares(traffic), shares(shadows)],
      ]),
    ),
    ...table(
      ['BACKEND', 'ROLE', 'READY', 'ONGOING', 'QUEUED', 'RPS', 'ERR', 'P50', 'P95', 'P99'],
      backendRows(status).map(({ tag, role, replicas, ongoing: busy, limit, queued: waiting, stats }) => [
        ...[
          tag,
          role,
          `${replicas.running}/${replicas.target}`,
          `${busy}/${limit}`,
          String(waiting),
          ...statsCells(stats),
        ],
      ]),
    ),
    ...table(
      ['REPLICA', 'STATE', 'RUNS IN', 'ONGOING', 'QUEUED', 'GPUS', 'RESTARTS', 'UP'],
      sorted(replicaRows(status), REPLICA_KEYS, { by: 'state', reversed: false }).map((replica) => [
        ...[replica.tag, replica.state, runsIn(replica), `${replica.ongoing}/${replica.limit}`, String(replica.queued)],
        ...[replica.gpus.join(',') || '-', String(replica.restarts), since(replica.startedAt)],
      ]),
    ),
    ...table(
      ['GPU', 'NAME', 'GIVEN OUT', 'HELD BY'],
      gpuRows(status).map(({ node, index, name: model, allocated, allocations }) => [
        ...[`${node}/${index}`, model ?? '-', amountText(allocated)],
        allocations.map(({ replica, share }) => `${replica} ${amountText(share)}`).join(', ') || '-',
      ]),
    ),
    ...table(
      ['WAITS', 'FOR'],
      pendingRows(status).map(({ backend, count, reason }) => [`${backend} (${count})`, reason.replaceAll('\n', ' ')]),
    ),
    '',
  ].join('\n');
}

const statsCells = ({
  rate,
  errorRate,
  p50Ms,
  p95Ms,
  p99Ms,
}: ReturnType<typeof endpointRows>[number]['stats']): string[] => [
  rateText(rate),
  percentText(rate > 0 ? errorRate / rate : 0),
  ...[p50Ms, p95Ms, p99Ms].map(latencyText),
];

/** Nothing where there are no rows. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  const lines = all.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
  return ['', ...lines];
}
