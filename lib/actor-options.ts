/** What users give of `actorOptions`, resolved: defaults, types, ranges, and what rules out what. */
import { z } from 'zod';
import type { ActorOptions } from './domain/backend.ts';
import { invalidValue, quote } from './domain/given-value.ts';
import type { Isolation } from './domain/replica.ts';
import { ServeError } from './errors.ts';
import { amount, integerFrom, orNull, readFields, record, timeout } from './option-fields.ts';
import { resolveCustom } from './resource-options.ts';

const ACTOR_FIELDS = {
  numCpus: amount,
  numGpus: amount,
  custom: record,
  placement: z.enum(['pack', 'spread']).describe("'pack' or 'spread'"),
  isolation: z.enum(['thread', 'process']).describe("'thread' or 'process'"),
  envVars: record,
  maxMemoryBytes: orNull(integerFrom(1)),
  startTimeoutMs: timeout,
};

/**
 * What one replica needs. `forcing`: what else of the backend's options only a process of its own can give.
 *
 * Throws INVALID_ARGUMENT. Source: Ray Serve 1.x ray_actor_options.
 */
export function resolveActorOptions(given: unknown, forcing: readonly string[] = []): ActorOptions {
  const options = readFields('actor', given, ACTOR_FIELDS);
  const { numCpus = 1, numGpus = 0, placement = 'pack', maxMemoryBytes = null, startTimeoutMs = 300_000 } = options;
  if (numGpus > 1 && !Number.isInteger(numGpus)) throw invalidValue('numGpus', 'whole when it is more than 1', numGpus);
  const envVars = resolveEnvVars(options.envVars ?? {});
  if (numGpus > 0 && envVars.CUDA_VISIBLE_DEVICES !== undefined) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `envVars sets CUDA_VISIBLE_DEVICES, and numGpus is ${numGpus}: a replica is shown the GPUs that it holds; leave one of them out`,
    );
  }
  const reasons = [
    ...(numGpus > 0 ? [`numGpus ${numGpus}`] : []),
    ...(Object.keys(envVars).length > 0 ? ['envVars'] : []),
    ...forcing,
  ];
  return Object.freeze({
    numCpus,
    numGpus,
    custom: resolveCustom('custom', options.custom ?? {}),
    placement,
    isolation: resolveIsolation(options.isolation, reasons),
    envVars,
    maxMemoryBytes,
    startTimeoutMs,
  });
}

function resolveIsolation(given: Isolation | undefined, reasons: readonly string[]): Isolation {
  if (reasons.length === 0) return given ?? 'thread';
  if (given !== 'thread') return 'process';
  const needs = reasons.length === 1 ? 'needs' : 'need';
  throw new ServeError(
    'INVALID_ARGUMENT',
    `isolation is 'thread', but ${reasons.join(' and ')} ${needs} 'process': native code reads the environment of its ` +
      'process, which threads share; leave isolation out',
  );
}

function resolveEnvVars(given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const envVars = Object.entries(given).map(([name, value]): [string, string] => {
    if (name === '' || /[=\0]/.test(name)) {
      throw invalidValue('the name of an environment variable in envVars', "non-empty, without '=' and NUL", name);
    }
    // Its value may be a secret, which no message shows.
    if (typeof value !== 'string') throw wrongVariable(name, `a string, got ${typeof value}`);
    if (value.includes('\0')) throw wrongVariable(name, 'without NUL');
    return [name, value];
  });
  return Object.freeze(Object.fromEntries(envVars));
}

const wrongVariable = (name: string, wanted: string): ServeError =>
  new ServeError('INVALID_ARGUMENT', `environment variable ${quote(name)} must be ${wanted}`);
