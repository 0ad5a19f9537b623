/** Medians and ratios. Pure. */
import type { Ratio, SubjectResult } from './scenario.ts';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface RatioResult extends Spread {
  readonly ratio: Ratio;
  /** Null: there is no target. */
  readonly isMet: boolean | null;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The rounds' own ratios: what else the machine does in a round meets both sides of its ratio. */
export function ratioOf(ratio: Ratio, subjects: readonly SubjectResult[]): RatioResult {
  const [above, below] = [ratio.of, ratio.to].map((name) => valuesOf(subjects, name, ratio.column));
  if (above === undefined || below === undefined) throw new Error(`no such subjects: ${ratio.of}, ${ratio.to}`);
  const rounds = spreadOf(above.map((value, round) => value / (below[round] ?? Number.NaN)));
  return { ratio, ...rounds, isMet: isMet(ratio, rounds.median) };
}

export function valuesOf(subjects: readonly SubjectResult[], name: string, column: string): number[] | undefined {
  return subjects.find((subject) => subject.name === name)?.samples.map((sample) => sample[column] ?? Number.NaN);
}

function isMet({ target }: Ratio, value: number): boolean | null {
  if (target === null) return null;
  return target.is === 'atLeast' ? value >= target.value : value <= target.value;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
