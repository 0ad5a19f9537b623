/** Load from a process of its own, for tests that measure: it shares no event loop with the instance. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Load, type LoadAnswer, type LoadOptions, quantile } from './load.ts';

/** Answers of one kind: `200`, `503 QUEUE_FULL`, `0 ECONNRESET`. */
export interface AnswersOfKind {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly withRetryAfter: number;
}

export interface LoadSummary {
  readonly kinds: Readonly<Record<string, AnswersOfKind>>;
  readonly seconds: number;
}

/** Runs until `maxRequests` or `maxMs`, whichever comes first. */
export async function loadFromProcess(options: Omit<LoadOptions, 'pathOf'>): Promise<LoadSummary> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)]);
  try {
    return await new Promise<LoadSummary>((resolve, reject) => {
      child.once('message', (summary) => resolve(summary as LoadSummary));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the load ended with ${code} before it told anything`)));
    });
  } finally {
    child.kill();
  }
}

/** 200s per second. */
export const goodput = ({ kinds, seconds }: LoadSummary): number => (kinds['200']?.count ?? 0) / seconds;

function summaryOf(answers: readonly LoadAnswer[], ms: number): LoadSummary {
  const groups = Object.entries(Object.groupBy(answers, kindOf));
  const kinds = groups.map(([kind, group = []]) => {
    const times = group.map(({ sentAt, endedAt }) => endedAt - sentAt);
    const withRetryAfter = group.filter(({ hasRetryAfter }) => hasRetryAfter).length;
    return [kind, { count: group.length, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), withRetryAfter }];
  });
  return { kinds: Object.fromEntries(kinds), seconds: ms / 1000 };
}

function kindOf({ status, body }: LoadAnswer): string {
  if (status === 200) return '200';
  return `${status} ${/"code":"([A-Z_]+)"/.exec(body)?.[1] ?? body}`;
}

if (import.meta.main && process.send) {
  const startedAt = performance.now();
  const load = new Load(JSON.parse(process.argv[2] ?? '') as LoadOptions);
  const answers = await load.ended();
  process.send(summaryOf(answers, performance.now() - startedAt));
}
