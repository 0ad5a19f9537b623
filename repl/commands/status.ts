import type { NodeStatus, ServeStatus } from '../../lib/index.ts';
import { amount, since } from '../cli/format.ts';
import { escapeHtml } from '../display/html-escape.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import { clipped } from '../display/width.ts';
import type { Look } from '../session/protocol.ts';
import { backendRows, backendsHtml, backendsText } from './backends.ts';
import type { Command } from './command.ts';
import { endpointRows, endpointsHtml, endpointsText } from './endpoints.ts';
import { requireNoMore } from './flags.ts';

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'status');
    return [];
  },
  call: () => 'await show.status()',
  run: async ({ client }) => {
    const status = await client.status();
    return new Shown(status, (look) => statusText(status, look), { html: statusHtml(status) });
  },
};

function statusText(status: ServeStatus, look: Look): string {
  const [name = '', ...facts] = factsOf(status).map((fact) => clipped(fact, look.columns));
  return [
    ...[paint(look, 'bold', name), ...facts, ''],
    ...[endpointsText(endpointRows(status), look), '', backendsText(backendRows(status), look)],
  ].join('\n');
}

function statusHtml(status: ServeStatus): string {
  const [name = '', ...facts] = factsOf(status).map(escapeHtml);
  const [endpoints, backends] = [endpointRows(status), backendRows(status)];
  return [
    `<p><b>${name}</b><br>\n${facts.join('<br>\n')}</p>`,
    ...(endpoints.length === 0 ? [] : [endpointsHtml(endpoints)]),
    ...(backends.length === 0 ? [] : [backendsHtml(backends)]),
  ].join('\n');
}

function factsOf({ instance, nodes }: ServeStatus): readonly string[] {
  const { name, version, pid, host, detached, revision, startedAt, httpUrl } = instance;
  const kind = detached ? 'detached' : host;
  return [
    name,
    `servelab ${version}, process ${pid} (${kind}), up ${since(startedAt)}, revision ${revision}`,
    httpUrl === null ? 'no HTTP' : `HTTP on ${httpUrl}`,
    ...nodes.map(nodeText),
  ];
}

function nodeText({ hostname, cpus, gpus, custom }: NodeStatus): string {
  const used = gpus.reduce((sum, gpu) => sum + gpu.allocations.reduce((of, { share }) => of + share, 0), 0);
  const parts = [
    `${amount(cpus.used)} of ${amount(cpus.total)} CPUs given out${cpus.enforced ? '' : ' (counted only)'}`,
    ...(gpus.length > 0 ? [`${amount(used)} of ${gpus.length} GPUs`] : []),
    ...Object.entries(custom).map(([name, { used, total }]) => `${amount(used)} of ${amount(total)} ${name}`),
  ];
  return `node ${hostname}: ${parts.join(', ')}`;
}
