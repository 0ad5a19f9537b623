import { ServeError } from '../errors.ts';

/**
 * The results of a batch of `wanted` queries, in order. Arrays and typed arrays are results; strings, sets and other
 * iterables are not. Throws BATCH_RESULT_INVALID saying both lengths.
 */
export function batchResults(backend: string, returned: unknown, wanted: number): readonly unknown[] {
  const results = listOf(returned);
  if (results && results.length === wanted) return results;
  const found = results ? `an array of ${results.length}` : describe(returned);
  throw new ServeError(
    'BATCH_RESULT_INVALID',
    `backend '${backend}' got a batch of ${wanted} and returned ${found}; return an array of ${wanted} results, in order`,
  );
}

function listOf(returned: unknown): readonly unknown[] | null {
  if (Array.isArray(returned)) return returned;
  if (!ArrayBuffer.isView(returned) || returned instanceof DataView) return null;
  return Array.from(returned as unknown as ArrayLike<unknown>);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? `an object of ${value.constructor?.name ?? 'no class'}` : `a ${typeof value}`;
}
