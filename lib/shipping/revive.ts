/** The replica's side of shipping. It runs in every replica, so it loads no parser. */
import { ServeError } from '../errors.ts';
import { applyMarks, batchedMethods, isBatchMarked } from './accept-batch.ts';
import { type Callable, isCallable, isClass } from './callable.ts';
import type { Provided } from './decode.ts';
import { importTarget } from './import-target.ts';
import { hushLoaderWarning } from './loader.ts';
import type { ImportedShipment, Shipment, ValueShipment } from './shipment.ts';

export type { Provided } from './decode.ts';

export interface Revived {
  readonly target: Callable;
  readonly isClass: boolean;
  /** What takes arrays: nothing, everything, or the methods named. A function is 'none' or 'all'. */
  readonly batched: 'none' | 'all' | ReadonlySet<string>;
}

/**
 * The function or class of a shipment, in this thread. Stacks and `import(...)` of a shipped source are those of the
 * user's own file. Throws BACKEND_START_FAILED with what was thrown as `cause`.
 */
export async function revive(shipment: Shipment, provided: Provided): Promise<Revived> {
  await hushLoaderWarning();
  const target = await (shipment.kind === 'value' ? reviveValue(shipment, provided) : reviveImport(shipment));
  return { target, isClass: isClass(target), batched: batchedBy(target) };
}

async function reviveImport(shipment: ImportedShipment): Promise<Callable> {
  const target = await importTarget(shipment);
  applyMarks(target, shipment.batched ?? 'none');
  return target;
}

async function reviveValue(shipment: ValueShipment, provided: Provided): Promise<Callable> {
  const { decode } = await import('./decode.ts');
  const target = await decode(shipment, provided).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `'${shipment.name}' could not be defined in the replica: ${reason}`;
    throw new ServeError('BACKEND_START_FAILED', message, { cause: error });
  });
  if (!isCallable(target)) throw new Error(`what '${shipment.name}' became is neither a function nor a class`);
  return target;
}

function batchedBy(target: Callable): Revived['batched'] {
  if (!isClass(target)) return isBatchMarked(target) ? 'all' : 'none';
  const methods = batchedMethods(target);
  return methods === 'all' || methods.size > 0 ? methods : 'none';
}
