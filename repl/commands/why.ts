import { escapeControls, type QueryTrace, type TracedLeg, type TracedShadow } from '../../lib/index.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal } from './command.ts';
import { requireNoMore, requireWord } from './flags.ts';
import { outcomeText } from './outcome.ts';
import { msText, percentText } from './units.ts';

const USAGE = 'why <request id>';

export const command: Command<[requestId: string]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    return [requireWord(words, 0, 'the request id (of the X-Request-Id header)', USAGE)];
  },
  call: (requestId) => `await client.trace(${literal(requestId)})`,
  run: async ({ client }, requestId) => {
    const traces = await client.trace(requestId);
    return new Shown(traces, (look) => traces.map((trace) => whyText(trace, look)).join('\n'));
  },
};

function whyText(trace: QueryTrace, look: Look): string {
  const { endpoint, at, router, lineage, shadows } = trace;
  const from = lineage.length > 0 ? `called by ${lineage.at(-1)}` : `at ${router}`;
  return [
    `${paint(look, 'bold', endpoint)}  ${at}  ${from}`,
    `  split    ${splitText(trace)}`,
    `  replica  ${legText(trace, look)}`,
    ...shadows.map((shadow) => `  shadow   ${shadowText(shadow, look)}`),
  ].join('\n');
}

function splitText({ traffic, backend, draw, shardKey }: QueryTrace): string {
  const split = Object.entries(traffic)
    .map(([tag, weight]) => `${tag} ${percentText(weight)}`)
    .join(', ');
  if (shardKey !== null) return `${split}: shard key '${escapeControls(shardKey)}' leads to ${backend}`;
  return draw === null
    ? `${split}: ${backend}, as there is no other`
    : `${split}: draw ${draw.toFixed(4)} is ${backend}`;
}

function legText(leg: TracedLeg, look: Look): string {
  const { replica, givenBack, queuedAtRouterMs, queuedAtReplicaMs, processingMs, totalMs, outcome } = leg;
  const before = givenBack.map((one) => `${one.replica} (${one.because}), `).join('');
  const times = [
    ['queued at the router', queuedAtRouterMs],
    ['at the replica', queuedAtReplicaMs],
    ['processing', processingMs],
    ['total', totalMs],
  ] as const;
  const told = times.filter(([, ms]) => ms !== null).map(([what, ms]) => `${what} ${msText(ms)}`);
  return `${before}${replica ?? 'none yet'}  ${outcomeText(look, outcome)}  ${told.join(', ')}`;
}

function shadowText({ backend, proportion, draw, copy }: TracedShadow, look: Look): string {
  const chance = proportion === null ? 'on trial' : `${percentText(proportion)}, draw ${draw?.toFixed(4)}`;
  return `${backend} (${chance})  ${copy === null ? 'no copy' : legText(copy, look)}`;
}
