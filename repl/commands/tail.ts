import { escapeControls, type QueryTrace, type TracedLeg } from '../../lib/index.ts';
import { paint } from '../display/paint.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal } from './command.ts';
import { flagsOf, requireNoMore } from './flags.ts';
import { outcomeText } from './outcome.ts';
import { msText } from './units.ts';
import { wholeNumberOf } from './words.ts';

const USAGE = 'tail [-n count] [endpoint]';

interface TailGiven {
  /** Default: all of them. */
  readonly endpoint?: string;
  /** How many of those that have ended come first, 0..1000. Default 20. */
  readonly count?: number;
}

export const command: Command<[given?: TailGiven]> = {
  parse: (words) => {
    const { rest, given } = flagsOf(words, { n: 'value' }, USAGE);
    requireNoMore(rest, 1, USAGE);
    const [endpoint] = rest;
    const read: TailGiven = {
      ...(endpoint !== undefined && { endpoint }),
      ...(given.n !== undefined && { count: wholeNumberOf(given.n, '-n', USAGE) }),
    };
    return Object.keys(read).length === 0 ? [] : [read];
  },
  call: (given) =>
    `for await (const trace of client.traces(${literal({ ...given, follow: true })})) console.log(trace)`,
  run: async ({ client, print, look, signal }, given) => {
    const traces = client.traces({ ...given, follow: true });
    signal.addEventListener('abort', () => void traces.return?.(), { once: true });
    for await (const trace of traces) print(`${lineOf(trace, look)}\n`);
  },
};

/** `12:34:56.789  echo  v1#1  ok  12 ms (queued 3.0 ms, processing 9.0 ms)  + v2 12 ms  <request id>` */
function lineOf(trace: QueryTrace, look: Look): string {
  const { at, endpoint, backend, replica, outcome, shadows, requestId } = trace;
  const copies = shadows.flatMap(({ copy }) => (copy === null ? [] : [`+ ${copyText(copy, look)}`]));
  const words = [
    paint(look, 'dim', at.slice('YYYY-MM-DDT'.length, -1)),
    paint(look, 'bold', endpoint),
    replica ?? `${backend} (no replica)`,
    outcomeText(look, outcome),
    timesText(trace),
    ...copies,
    paint(look, 'dim', escapeControls(requestId)),
  ];
  return words.join('  ');
}

function timesText({ totalMs, queuedAtRouterMs, queuedAtReplicaMs, processingMs }: TracedLeg): string {
  const isQueueKnown = queuedAtRouterMs !== null || queuedAtReplicaMs !== null;
  const queuedMs = isQueueKnown ? (queuedAtRouterMs ?? 0) + (queuedAtReplicaMs ?? 0) : null;
  const parts = [
    ['queued', queuedMs],
    ['processing', processingMs],
  ] as const;
  const told = parts.filter(([, ms]) => ms !== null).map(([what, ms]) => `${what} ${msText(ms)}`);
  return `${msText(totalMs)}${told.length === 0 ? '' : ` (${told.join(', ')})`}`;
}

function copyText({ backend, outcome, totalMs }: TracedLeg, look: Look): string {
  const ended = outcome === 'ok' ? [] : [outcomeText(look, outcome)];
  return [backend, ...ended, ...(totalMs === null ? [] : [msText(totalMs)])].join(' ');
}
