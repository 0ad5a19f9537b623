import type { Controls } from './controls.ts';
import { readGivenOptions } from './domain/given-options.ts';
import { invalidValue } from './domain/given-value.ts';
import { requireName } from './domain/names.ts';
import type { QueryTrace } from './domain/trace.ts';
import { PageReader } from './page-reader.ts';

/** What `traces` takes. */
export interface TracesGiven {
  /** Those of this endpoint alone. Default: of all. */
  readonly endpoint?: string;
  /** How many of the newest, an integer in 0..1000. Default 20. */
  readonly count?: number;
  /** To go on with those to come. Default false. */
  readonly follow?: boolean;
}

const DEFAULT_COUNT = 20;
const MOST = 1000;

/** Throws INVALID_ARGUMENT. */
export function traceReader(controls: Pick<Controls, 'tracesAfter'>, given: TracesGiven): PageReader<QueryTrace> {
  const options = readGivenOptions('traces', given, ['endpoint', 'count', 'follow']);
  const endpoint = requireEndpointName(options.get('endpoint') ?? null);
  const count = requireTraceCount(options.get('count') ?? DEFAULT_COUNT);
  const follow = options.get('follow') ?? false;
  if (typeof follow !== 'boolean') throw invalidValue('follow', 'true or false', follow);
  return new PageReader(count, (after, waits) => controls.tracesAfter(after, endpoint, count, waits));
}

/** Null: of all endpoints. Throws INVALID_ARGUMENT. */
export const requireEndpointName = (given: unknown): string | null =>
  given === null ? null : requireName('endpoint', given);

/** Throws INVALID_ARGUMENT. */
export function requireTraceCount(given: unknown): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 && given <= MOST) return given;
  throw invalidValue('count', `an integer from 0 to ${MOST}`, given);
}
