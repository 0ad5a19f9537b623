import type { Command } from 'commander';
import type { BackendStatus, EndpointStatus, NodeStatus, ReplicaStatus, ServeStatus, Stats } from '../../lib/index.ts';
import { amount, decimal, since, weights } from './format.ts';
import { type ShownOptions, shown, withClient } from './options.ts';
import { type Piece, print, printJson, printTable } from './output.ts';
import { withProgress } from './progress.ts';

export function addStatus(program: Command): void {
  shown(program.command('status'))
    .summary('what it consists of and how it does')
    .description('Shows what an instance consists of, and how it did in the last minute.')
    .action(async (_: ShownOptions, command: Command) => {
      const options = command.optsWithGlobals<ShownOptions>();
      const status = await withProgress(
        'asking',
        withClient(options, (client) => client.status()),
      );
      if (options.json) printJson(status);
      else printStatus(status);
    });
}

const STATS = ['RATE/S', 'ERRORS/S', 'P50 MS', 'P95 MS', 'P99 MS'];

function printStatus({ instance, nodes, backends, replicas, endpoints }: ServeStatus): void {
  const { name, version, pid, host, detached, revision, startedAt, httpUrl } = instance;
  print(
    [name, 'bold'],
    `  servelab ${version}, process ${pid} (${detached ? 'detached' : host}), up ${since(startedAt)}, revision ${revision}`,
  );
  print(httpUrl === null ? 'no HTTP' : `HTTP on ${httpUrl}`);
  section(['NODE', 'CPUS', 'GPUS', 'CUSTOM'], nodes.map(nodeRow));
  section(['BACKEND', 'REPLICAS', 'QUEUED', ...STATS, 'WAITS FOR'], Object.entries(backends).map(backendRow));
  section(['REPLICA', 'STATE', 'RUNS IN', 'ONGOING', 'QUEUED', 'GPUS', 'RESTARTS', 'UP'], replicas.map(replicaRow));
  section(['ENDPOINT', 'ROUTE', 'METHODS', 'TRAFFIC', 'SHADOWS', ...STATS], Object.entries(endpoints).map(endpointRow));
}

/** Nothing where there is nothing. */
function section(header: readonly string[], rows: readonly (readonly Piece[])[]): void {
  if (rows.length === 0) return;
  print();
  printTable(header, rows);
}

function nodeRow({ hostname, cpus, gpus, custom }: NodeStatus): readonly Piece[] {
  const shares = gpus.map(({ index, allocations }) => {
    const share = allocations.reduce((sum, allocation) => sum + allocation.share, 0);
    return `${index}: ${amount(share)}`;
  });
  const others = Object.entries(custom).map(([name, { used, total }]) => `${name} ${amount(used)}/${amount(total)}`);
  return [
    hostname,
    `${amount(cpus.used)}/${amount(cpus.total)}${cpus.enforced ? '' : ' (counted only)'}`,
    shares.join(', ') || '-',
    others.join(', ') || '-',
  ];
}

function backendRow([tag, { replicas, queued, stats }]: [string, BackendStatus]): readonly Piece[] {
  const { running, target, pending } = replicas;
  const count = `${running}/${target}`;
  return [
    tag,
    running < target ? [count, 'yellow'] : count,
    String(queued),
    ...statsOf(stats),
    [...new Set(pending.map(({ reason }) => reason.split('\n', 1)[0] ?? ''))].join('; ') || '-',
  ];
}

function replicaRow(replica: ReplicaStatus): readonly Piece[] {
  const { tag, state, isolation, pid, threadId, ongoing, limit, queued, gpus, restarts, startedAt } = replica;
  return [
    tag,
    [state, state === 'RUNNING' ? 'green' : state === 'DEAD' ? 'red' : 'yellow'],
    isolation === 'process' ? `process ${pid || '-'}` : `thread ${threadId ?? '-'}`,
    `${ongoing}/${limit}`,
    String(queued),
    gpus.join(', ') || '-',
    String(restarts),
    since(startedAt),
  ];
}

function endpointRow([name, endpoint]: [string, EndpointStatus]): readonly Piece[] {
  const { route, methods, traffic, shadows, stats } = endpoint;
  return [name, route ?? '-', methods.join(','), weights(traffic), weights(shadows), ...statsOf(stats)];
}

const statsOf = ({ rate, errorRate, p50Ms, p95Ms, p99Ms }: Stats): readonly Piece[] => [
  decimal(rate),
  errorRate > 0 ? [decimal(errorRate), 'red'] : decimal(errorRate),
  ...[p50Ms, p95Ms, p99Ms].map(decimal),
];
