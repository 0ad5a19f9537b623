import { z } from 'zod';
import { readGivenOptions } from './domain/given-options.ts';
import { invalidValue, isPlainObject, MAX_TIMEOUT_MS } from './domain/given-value.ts';
import { LARGEST_AMOUNT, toAmount, toUnits } from './domain/resources.ts';

/** A schema per option. Its description completes the message: `numReplicas must be <description>, got -1`. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** What was given of these options: absent when not given, or given as undefined. */
export type Given<F extends Fields> = { readonly [Name in keyof F]?: Exclude<z.output<F[Name]>, undefined> };

/**
 * The given options, checked. `what` names them when one is unknown (`unknown backend option …`); `within` goes before
 * each name in messages (`http.port must be …`). Throws INVALID_ARGUMENT.
 */
export function readFields<F extends Fields>(what: string, given: unknown, fields: F, within = ''): Given<F> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of readGivenOptions(what, given, Object.keys(fields))) {
    const field = fields[name];
    if (value === undefined || field === undefined) continue;
    const result = field.safeParse(value);
    if (!result.success) throw invalidValue(within + name, field.description ?? 'something else', value);
    read[name] = result.data;
  }
  // Each value came out of the schema of its own name, which the compiler cannot follow through a loop.
  return read as Given<F>;
}

export const flag = z.boolean().describe('true or false');
export const anything = z.unknown();
export const text = z.string().min(1).describe('a non-empty string');
export const list = z.array(z.unknown()).describe('an array');
export const record = z.custom<Readonly<Record<string, unknown>>>(isPlainObject).describe('a plain object');
/** Of a resource. What is not 0 is at least one unit, as it would count for nothing otherwise. */
export const amount = z
  .number()
  .min(0)
  .max(LARGEST_AMOUNT)
  .refine((value) => value === 0 || toUnits(value) > 0)
  .describe(`0 or a number from ${toAmount(1)} to ${LARGEST_AMOUNT}`);
/** ms that a timer can count, 0 included. */
export const duration = z.number().min(0).max(MAX_TIMEOUT_MS).describe(`a number of ms >= 0 and <= ${MAX_TIMEOUT_MS}`);
/** ms that a timer can count, more than 0. */
export const timeout = z.number().gt(0).max(MAX_TIMEOUT_MS).describe(`a number of ms > 0 and <= ${MAX_TIMEOUT_MS}`);

export const integerFrom = (least: number) => z.int().min(least).describe(`an integer >= ${least}`);

export const orNull = <T extends z.ZodType>(field: T) => field.nullable().describe(`${field.description} or null`);
