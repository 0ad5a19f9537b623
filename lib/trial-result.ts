/** What a trial has shown so far, as plain data. */

import { isStreamed } from './compare-answers.ts';
import type { Difference } from './domain/compare-values.ts';
import { escapeControls } from './domain/printable.ts';
import { shownValue } from './domain/shown-value.ts';
import type { TrialLeftOut, TriedPair, TriedSide } from './domain/trial.ts';

export interface TrialField {
  /** `boxes[].score`; `(answer)` is the whole, `(status)`, `(outcome)` … stand for what is beside it. */
  readonly field: string;
  /** Pairs that differ in it. */
  readonly count: number;
  /** An example: the first. `path` is where exactly, e.g. `boxes[2].score`. */
  readonly requestId: string;
  readonly path: string;
  readonly old: unknown;
  readonly new: unknown;
}

/** In ms, of the answers that are no errors, as their callers waited; null: there was none. */
export interface TrialLatency {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface TrialResult {
  readonly endpoint: string;
  /** The backend on trial. */
  readonly backend: string;
  /** Why it has ended; null: it goes on. `gone`: the backend was deleted. */
  readonly endedBy: 'count' | 'timeout' | 'signal' | 'gone' | null;
  readonly durationMs: number;
  readonly compared: number;
  readonly equal: number;
  readonly different: number;
  /** Of those compared, how many were streams, or a `Response`, on both sides: by status and headers only. */
  readonly streams: number;
  /** Most frequent first, at most 100. */
  readonly fields: readonly TrialField[];
  /** By code. `old`: what callers got; `new`: the backend on trial. */
  readonly errors: { readonly old: Readonly<Record<string, number>>; readonly new: Readonly<Record<string, number>> };
  readonly latency: { readonly old: TrialLatency; readonly new: TrialLatency };
  readonly leftOut: TrialLeftOut;
}

const MOST_FIELDS = 100;
const LONGEST_VALUE = 1000;

export class TrialTally {
  readonly #of: { readonly endpoint: string; readonly backend: string };
  readonly #fields = new Map<string, { count: number; readonly example: Omit<TrialField, 'count'> }>();
  readonly #errors = { old: new Map<string, number>(), new: new Map<string, number>() };
  readonly #latencies: { readonly old: number[]; readonly new: number[] } = { old: [], new: [] };
  #compared = 0;
  #equal = 0;
  #streams = 0;

  constructor(of: { readonly endpoint: string; readonly backend: string }) {
    this.#of = of;
  }

  get compared(): number {
    return this.#compared;
  }

  add(pair: TriedPair, differences: readonly Difference[]): void {
    this.#compared++;
    if (differences.length === 0) this.#equal++;
    if (isStreamed(pair)) this.#streams++;
    this.#side('old', pair.old);
    this.#side('new', pair.new);
    const counted = new Set<string>();
    for (const difference of differences) {
      const field = difference.path.replace(/\[\d+\]/g, '[]');
      if (counted.has(field)) continue;
      counted.add(field);
      this.#count(field, pair.requestId, difference);
    }
  }

  result(durationMs: number, endedBy: TrialResult['endedBy'], leftOut: TrialLeftOut): TrialResult {
    const fields = [...this.#fields.values()].map(({ count, example }) => ({ ...example, count }));
    return {
      ...this.#of,
      endedBy,
      durationMs,
      compared: this.#compared,
      equal: this.#equal,
      different: this.#compared - this.#equal,
      streams: this.#streams,
      fields: fields
        .sort((a, b) => b.count - a.count)
        .map(({ field, count, path, requestId, ...values }) => ({ field, count, requestId, path, ...values })),
      errors: { old: Object.fromEntries(this.#errors.old), new: Object.fromEntries(this.#errors.new) },
      latency: { old: latencyOf(this.#latencies.old), new: latencyOf(this.#latencies.new) },
      leftOut,
    };
  }

  #side(which: 'old' | 'new', { answer, latencyMs }: TriedSide): void {
    const errors = this.#errors[which];
    if (answer.is === 'error') errors.set(answer.code, (errors.get(answer.code) ?? 0) + 1);
    else this.#latencies[which].push(latencyMs);
  }

  #count(field: string, requestId: string, difference: Difference): void {
    const known = this.#fields.get(field);
    if (known) known.count++;
    else if (this.#fields.size < MOST_FIELDS) {
      const { path } = difference;
      const example = { field, requestId, path, old: shown(difference.old), new: shown(difference.new) };
      this.#fields.set(field, { count: 1, example });
    }
  }
}

/** No more of it than somebody would read in a table. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return clip(value);
  if (typeof value !== 'object' || value === null) return value;
  const plain = shownValue(ArrayBuffer.isView(value) ? `${value.byteLength} bytes` : value, 'trace() has its way');
  const text = JSON.stringify(plain);
  return text.length > LONGEST_VALUE ? clip(text) : plain;
}

const clip = (text: string): string =>
  escapeControls(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);

function latencyOf(latencies: readonly number[]): TrialLatency {
  const sorted = Float64Array.from(latencies).sort();
  // Nearest rank.
  const at = (quantile: number): number | null => sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? null;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
