/** The replica's side of shipping. It runs in every replica, so it loads no parser. */
import { ServeError } from '../errors.ts';
import { applyMarks, batchedMethods, isBatchMarked } from './accept-batch.ts';
import { type Callable, isCallable, isClass } from './callable.ts';
import { importTarget } from './import-target.ts';
import { compileAt, hushLoaderWarning } from './loader.ts';
import type { Shipment, SourceShipment } from './shipment.ts';

export interface Revived {
  readonly target: Callable;
  readonly isClass: boolean;
  /** What takes arrays: nothing, everything, or the methods named. A function is 'none' or 'all'. */
  readonly batched: 'none' | 'all' | ReadonlySet<string>;
}

/**
 * The function or class of a shipment, in this thread. A shipped source sees `provided.serve` as `serve`, and its
 * stacks and `import(...)` are those of the user's own file. Throws BACKEND_START_FAILED with what was thrown as `cause`.
 */
export async function revive(shipment: Shipment, provided: { readonly serve: object }): Promise<Revived> {
  await hushLoaderWarning();
  const target = shipment.kind === 'source' ? reviveSource(shipment, provided.serve) : await importTarget(shipment);
  return { target, isClass: isClass(target), batched: batchedBy(target) };
}

function reviveSource(shipment: SourceShipment, serve: object): Callable {
  const target = evaluate(shipment, serve);
  if (!isCallable(target)) throw new Error(`the source of '${shipment.name}' is neither a function nor a class`);
  restoreName(target, shipment.name);
  applyMarks(target, shipment.batched);
  return target;
}

function evaluate({ form, source, strict, origin, name }: SourceShipment, serve: object): unknown {
  const before = `${strict ? "'use strict';" : ''}return (${form === 'method' ? '{' : ''}`;
  const after = form === 'method' ? '})._' : ')';
  try {
    return compileAt({ ...origin, column: origin.column - before.length }, before + source + after, ['serve'])(serve);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServeError('BACKEND_START_FAILED', `'${name}' could not be defined in the replica: ${reason}`, {
      cause: error,
    });
  }
}

/** Stacks and `name` show the variable or property it was written for, which the source alone may lack. */
function restoreName(target: Callable, name: string): void {
  const own = Object.getOwnPropertyDescriptor(target, 'name');
  // A class may define a `name` of its own, of any kind: that one is in its source.
  if (own !== undefined && typeof own.value !== 'string') return;
  if (own?.value !== name) Reflect.defineProperty(target, 'name', { value: name, configurable: true });
}

function batchedBy(target: Callable): Revived['batched'] {
  if (!isClass(target)) return isBatchMarked(target) ? 'all' : 'none';
  const methods = batchedMethods(target);
  return methods === 'all' || methods.size > 0 ? methods : 'none';
}
