import { readGivenOptions } from './given-options.ts';
import { requireName } from './names.ts';

/** The name given to `connect`, or null. Throws INVALID_ARGUMENT. */
export function resolveConnectOptions(given: unknown): string | null {
  const name = readGivenOptions('connect', given, ['name']).get('name');
  return name === undefined ? null : requireName('instance', name);
}
