/** What users declare of their machine, resolved. */
import { z } from 'zod';
import { invalidValue, quote } from './domain/given-value.ts';
import { requireName } from './domain/names.ts';
import type { DeclaredGpu, DeclaredResources } from './domain/resources.ts';
import { ServeError } from './errors.ts';
import { amount, type Given, integerFrom, readFields, record, text } from './option-fields.ts';

const GPUS = 'an integer from 0 to 1024, or a list of { index, name?, memoryBytes? }';
const MOST_GPUS = 1024;

const RESOURCE_FIELDS = {
  cpus: amount,
  gpus: z.union([z.int().min(0).max(MOST_GPUS), z.array(z.unknown()).max(MOST_GPUS)]).describe(GPUS),
  custom: record,
};

const GPU_FIELDS = { index: integerFrom(0), name: text, memoryBytes: integerFrom(1) };

/** `start`'s `resources`: what is not declared is null, or nothing of custom ones. Throws INVALID_ARGUMENT. */
export function resolveResources(given: unknown): DeclaredResources {
  const { cpus = null, gpus = null, custom = {} } = readFields('resources', given, RESOURCE_FIELDS, 'resources.');
  return Object.freeze({
    cpus,
    gpus: Array.isArray(gpus) ? resolveGpus(gpus) : (gpus as number | null),
    custom: resolveCustom('resources.custom', custom),
  });
}

/** Amounts of custom resources by name. `within` goes before names in messages. Throws INVALID_ARGUMENT. */
export function resolveCustom(
  within: string,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> {
  const amounts = Object.entries(given).map(([name, value]): [string, number] => {
    requireName('resource', name);
    const own = OWN_OPTIONS.get(name.toLowerCase().replaceAll(/num|_|s$/g, ''));
    if (own !== undefined) {
      throw new ServeError('INVALID_ARGUMENT', `${within} names ${quote(name)}, which is no custom resource; ${own}`);
    }
    const result = amount.safeParse(value);
    if (!result.success) throw invalidValue(`${within}: ${quote(name)}`, amount.description ?? 'a number', value);
    return [name, result.data];
  });
  return Object.freeze(Object.fromEntries(amounts));
}

/** CPUs and GPUs have options of their own; under the name of a custom resource they would be another thing. */
const OWN_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['cpu', 'give cpus in serve.start({ resources }), numCpus in actorOptions'],
  ['gpu', 'give gpus in serve.start({ resources }), numGpus in actorOptions'],
]);

function resolveGpus(given: readonly unknown[]): readonly DeclaredGpu[] {
  const gpus = given.map((one, at) => resolveGpu(one, `resources.gpus[${at}]`));
  const twice = gpus.find(({ index }, at) => gpus.findIndex((other) => other.index === index) < at);
  if (twice) {
    throw new ServeError('INVALID_ARGUMENT', `resources.gpus lists index ${twice.index} twice; list each GPU once`);
  }
  return Object.freeze(gpus);
}

function resolveGpu(given: unknown, within: string): DeclaredGpu {
  const { index, ...others }: Given<typeof GPU_FIELDS> = readFields(within, given, GPU_FIELDS, `${within}.`);
  if (index === undefined) throw invalidValue(`${within}.index`, 'an integer >= 0', index);
  return Object.freeze({ index, ...others });
}
