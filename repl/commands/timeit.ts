import { setImmediate as nextTurn } from 'node:timers/promises';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, usageError } from './command.ts';
import { Numbers, type Quantiles, quantilesOf } from './quantiles.ts';
import { drive, expressionOf, type Work, workText } from './timed-work.ts';
import { countText, preciseText } from './units.ts';
import { durationOf } from './words.ts';

const USAGE = 'timeit <expression> [--for 2s]';
const DEFAULT_MS = 2000;
/** A part of the time, so that what is measured is compiled and its connections are open; in ms at most. */
const WARM_UP = 0.1;
const LONGEST_WARM_UP_MS = 300;
/** What takes less is measured several at a time: a clock that is read takes as long. */
const SHORTEST_MS = 0.05;
/** How long synchronous work may keep others from running. */
const TURN_MS = 50;

interface TimeitGiven {
  /** Default 2000. */
  readonly forMs?: number;
}

export interface Timing extends Quantiles {
  readonly runs: number;
  /** Of runs that were measured together, of whose times the mean counts. */
  readonly groupSize: number;
  readonly perSecond: number;
}

export const command: Command<[work: Work, given?: TimeitGiven]> = {
  parse: (_, line) => {
    const [, before = line, time] = /^(.*?)(?:\s+--for(?:=|\s+)(\S+))\s*$/s.exec(line) ?? [];
    const expression = expressionOf(before);
    if (expression === '') throw usageError(USAGE, 'the expression is missing');
    return time === undefined ? [expression] : [expression, { forMs: durationOf(time, USAGE) }];
  },
  call: (work, given) =>
    `await show.timeit(${workText(work)}${given?.forMs === undefined ? '' : `, { forMs: ${given.forMs} }`})`,
  run: async (context, work, { forMs = DEFAULT_MS } = {}) => {
    if (typeof work !== 'function' && typeof work !== 'string') throw usageError(USAGE, 'a function is wanted');
    if (!(forMs > 0)) throw usageError(USAGE, `forMs must be a number > 0, got ${forMs}`);
    const timing = await drive(context, work, (run) => repeated(run, forMs, context.signal));
    return new Shown(timing, (look) => timingText(timing, look));
  },
};

/** One after the other. Rejects with what the work throws, and with AbortError. */
export async function repeated(work: () => unknown, forMs: number, signal: AbortSignal): Promise<Timing> {
  const warm = await runsFor(work, Math.min(forMs * WARM_UP, LONGEST_WARM_UP_MS), 1, signal);
  const meanMs = warm.ms / warm.runs;
  const groupSize = warm.isAsync || meanMs >= SHORTEST_MS ? 1 : Math.ceil(SHORTEST_MS / Math.max(meanMs, 1e-6));
  const { runs, ms, times } = await runsFor(work, forMs, groupSize, signal);
  const quantiles = quantilesOf(times.from(0));
  if (quantiles === null) throw new Error('nothing was measured');
  return { runs, groupSize, perSecond: (runs / ms) * 1000, ...quantiles };
}

/** At least one group. `ms`: of all of them, without what is between. */
async function runsFor(work: () => unknown, forMs: number, groupSize: number, signal: AbortSignal) {
  const times = new Numbers();
  const end = performance.now() + forMs;
  let isAsync = false;
  let ms = 0;
  let turnEnds = performance.now() + TURN_MS;
  for (let now = performance.now(); times.length === 0 || now < end; now = performance.now()) {
    for (let left = groupSize; left > 0; left--) {
      const result = work();
      if (!isThenable(result)) continue;
      isAsync = true;
      await result;
    }
    const took = performance.now() - now;
    times.add(took / groupSize);
    ms += took;
    if (performance.now() > turnEnds) {
      await nextTurn();
      turnEnds = performance.now() + TURN_MS;
    }
    signal.throwIfAborted();
  }
  return { runs: times.length * groupSize, ms, times, isAsync };
}

const isThenable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';

function timingText(timing: Timing, look: Look): string {
  const { runs, groupSize, perSecond, minMs, meanMs, p50Ms, p95Ms, p99Ms, maxMs } = timing;
  const together = groupSize === 1 ? '' : `, ${countText(groupSize)} at a time`;
  const figures = [
    ...[`p50 ${preciseText(p50Ms)}`, `p95 ${preciseText(p95Ms)}`, `p99 ${preciseText(p99Ms)}`].map((text) =>
      paint(look, 'bold', text),
    ),
    ...[`mean ${preciseText(meanMs)}`, `min ${preciseText(minMs)}`, `max ${preciseText(maxMs)}`],
  ];
  return [
    `${countText(runs)} runs one after the other${together}: ${countText(Math.round(perSecond))} per second`,
    figures.slice(0, 3).join('   '),
    figures.slice(3).join('   '),
  ].join('\n');
}
