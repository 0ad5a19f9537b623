/**
 * A trial, as its client runs it. The instance makes pairs of answers and hands them over, a few at a time; they are
 * compared here, so that a user's `compare` never runs where queries are routed.
 */
import { type CompareAnswers, compareAnswers } from './compare-answers.ts';
import type { Controls } from './controls.ts';
import type { Tolerance } from './domain/compare-values.ts';
import type { TriedPairs } from './domain/trial.ts';
import { ServeError } from './errors.ts';
import { type TrialResult, TrialTally } from './trial-result.ts';

/** What `trial` takes, checked. */
export interface TrialOptions {
  readonly shadow: number;
  readonly compare: CompareAnswers | null;
  readonly tolerance: Tolerance;
  readonly count: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
  readonly onProgress: ((result: TrialResult) => void) | null;
}

type TrialControls = Pick<Controls, 'openTrial' | 'takePairs' | 'closeTrial'>;

/** However it ends, no more copies are made. `closed`: its client is, and it rejects with CLIENT_CLOSED. */
export async function runTrial(
  controls: TrialControls,
  of: { readonly endpoint: string; readonly backend: string },
  options: TrialOptions,
  closed: AbortSignal,
): Promise<TrialResult> {
  const { shadow, count, compare, timeoutMs, signal } = options;
  const opening = { shadow, count, withRequests: compare !== null };
  const id = await controls.openTrial(of.endpoint, of.backend, opening);
  const ending = endingOf(timeoutMs, signal, closed);
  try {
    return await follow(controls, id, new TrialTally(of), options, ending);
  } finally {
    ending.forget();
    await controls.closeTrial(id).catch(ignoreGone);
  }
}

async function follow(
  controls: TrialControls,
  id: number,
  tally: TrialTally,
  { tolerance, compare, onProgress }: TrialOptions,
  ending: Ending,
): Promise<TrialResult> {
  const startedAt = performance.now();
  let last: TriedPairs | null = null;
  let endedBy: TrialResult['endedBy'] = null;
  do {
    last = await Promise.race([controls.takePairs(id, ending.reason !== null), ending.whenClosed]);
    for (const pair of last.pairs) {
      if (ending.isClosed) throw clientClosed();
      tally.add(pair, await compareAnswers(pair, tolerance, compare));
    }
    const isLast = last.isOver !== null || (ending.reason !== null && last.pairs.length === 0);
    endedBy = isLast ? (last.isOver ?? ending.reason) : null;
    onProgress?.(tally.result(performance.now() - startedAt, endedBy, last.leftOut));
  } while (endedBy === null);
  return tally.result(performance.now() - startedAt, endedBy, last.leftOut);
}

interface Ending {
  readonly reason: 'timeout' | 'signal' | null;
  readonly isClosed: boolean;
  readonly whenClosed: Promise<never>;
  forget(): void;
}

function endingOf(timeoutMs: number, signal: AbortSignal | null, closed: AbortSignal): Ending {
  const { promise: whenClosed, reject } = Promise.withResolvers<never>();
  whenClosed.catch(() => {}); // nobody may be waiting just then
  let reason: Ending['reason'] = signal?.aborted ? 'signal' : null;
  const timer = setTimeout(() => {
    reason ??= 'timeout';
  }, timeoutMs);
  const aborted = (): void => {
    reason ??= 'signal';
  };
  const close = (): void => reject(clientClosed());
  signal?.addEventListener('abort', aborted);
  closed.addEventListener('abort', close);
  if (closed.aborted) close();
  return {
    get reason() {
      return reason;
    },
    get isClosed() {
      return closed.aborted;
    },
    whenClosed,
    forget() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      closed.removeEventListener('abort', close);
    },
  };
}

const clientClosed = (): ServeError =>
  new ServeError(
    'CLIENT_CLOSED',
    'this client was closed while its trial ran; the trial has ended, nothing was changed',
  );

/** Its end is the trial's, too. */
function ignoreGone(error: unknown): void {
  if (error instanceof ServeError && (error.code === 'CLIENT_CLOSED' || error.code === 'INSTANCE_NOT_FOUND')) return;
  throw error;
}
