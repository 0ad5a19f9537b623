import { z } from 'zod';
import type { CompareAnswers } from './compare-answers.ts';
import type { Tolerance } from './domain/compare-values.ts';
import { invalidValue } from './domain/given-value.ts';
import { anything, readFields, timeout } from './option-fields.ts';
import type { TrialOptions } from './trial.ts';
import type { TrialResult } from './trial-result.ts';

/** What `trial` takes. */
export interface TrialGiven {
  /** The share of the endpoint's queries to copy, in (0, 1]. Default 1. */
  readonly shadow?: number;
  /** Instead of field by field. Runs in this process. */
  readonly compare?: CompareAnswers;
  /**
   * By how much numbers may differ, >= 0, absolutely or as a share of the larger one: whichever allows more. A number
   * stands for both. Default 0.
   */
  readonly tolerance?: number | Partial<Tolerance>;
  /** How many pairs, an integer from 1 to 1 000 000. Default 1 000. */
  readonly count?: number;
  /** How long at the most, in ms. Default 60 000. */
  readonly timeoutMs?: number;
  /** Ends it: it then resolves with what there is. */
  readonly signal?: AbortSignal;
  /** Called with what there is, several times a second. What it throws ends the trial. */
  readonly onProgress?: (result: TrialResult) => void;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const amount = z.number().min(0).max(Number.MAX_VALUE).describe('a number >= 0');

const TOLERANCE_FIELDS = { absolute: amount, relative: amount };

const TRIAL_FIELDS = {
  shadow: z.number().gt(0).max(1).describe('a number > 0 and <= 1'),
  compare: z.custom<CompareAnswers>(isFunction).describe('a function (old, its, request) => boolean'),
  tolerance: anything,
  count: z.int().min(1).max(1_000_000).describe('an integer from 1 to 1000000'),
  timeoutMs: timeout,
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal).describe('an AbortSignal'),
  onProgress: z.custom<(result: TrialResult) => void>(isFunction).describe('a function'),
};

/** Throws INVALID_ARGUMENT. */
export function resolveTrialOptions(given: unknown): TrialOptions {
  const options = readFields('trial', given, TRIAL_FIELDS);
  const { shadow = 1, compare = null, count = 1000, timeoutMs = 60_000, signal = null, onProgress = null } = options;
  return { shadow, compare, tolerance: toleranceOf(options.tolerance), count, timeoutMs, signal, onProgress };
}

function toleranceOf(given: unknown): Tolerance {
  if (given === undefined) return { absolute: 0, relative: 0 };
  if (typeof given === 'number') {
    if (!amount.safeParse(given).success) throw invalidValue('tolerance', `${amount.description}`, given);
    return { absolute: given, relative: given };
  }
  const { absolute = 0, relative = 0 } = readFields('tolerance', given, TOLERANCE_FIELDS, 'tolerance.');
  return { absolute, relative };
}
