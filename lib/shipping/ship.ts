import { types } from 'node:util';
import { ServeError } from '../errors.ts';
import { batchedOf } from './accept-batch.ts';
import { type Callable, isCallable, isClass, isNative, nameOf } from './callable.ts';
import { encode, type Findings, scripts } from './encode.ts';
import { HeapContexts } from './heap-contexts.ts';
import { Inspection } from './inspection.ts';
import { type Reference, References } from './references.ts';
import { notShippable } from './refusal.ts';
import type { CallingScripts } from './scripts.ts';
import type { Shipment } from './shipment.ts';
import { isImported } from './target.ts';

export interface ShipOptions {
  readonly initArgs: readonly unknown[];
  /** Those on the stack when the user called: functions are mostly written where they are given. */
  readonly callers?: CallingScripts;
}

/**
 * Makes a backend's target ready to travel: plain data that `revive` turns back where the replica runs.
 *
 * An `imported` target, and what a module of a file exports, travel by name; everything else by value, with all that it
 * reaches, as it is now. Rejects with NOT_SHIPPABLE, naming the way to what cannot travel, and INVALID_ARGUMENT.
 */
export async function ship(target: unknown, { initArgs, callers = new Map() }: ShipOptions): Promise<Shipment> {
  constructorArguments(target, initArgs);
  if (isImported(target)) {
    const { kind, module, exportName, from } = target;
    return { kind, module, exportName, from };
  }
  if (!isCallable(target)) throw notATarget(target);
  scripts.learn(callers);
  const findings: Findings = { references: new References(), contexts: new HeapContexts() };
  for (;;) {
    const shipment = shipNow(target, findings);
    // Now that more modules are known, more may turn out to be what they export.
    const isComplete = !(await findings.references.load()) && !(await findings.contexts.load());
    if (isComplete) return shipment();
  }
}

/**
 * The constructor arguments in force: those of `imported` or those of `createBackend`.
 * Throws INVALID_ARGUMENT for both, and for any with a function. Whether an import is a class, only the replica knows.
 */
export function constructorArguments(target: unknown, given: readonly unknown[]): readonly unknown[] {
  if (isImported(target) && target.initArgs !== null) {
    if (given.length === 0) return target.initArgs;
    throw new ServeError(
      'INVALID_ARGUMENT',
      'initArgs were given in imported() and in createBackend; give them in one',
    );
  }
  if (given.length > 0 && isCallable(target) && !isNative(target) && !isClass(target)) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `initArgs need a class, got ${describe(target)}; a function has no constructor`,
    );
  }
  return given;
}

/** Gives or throws what came out of it. */
function shipNow(target: Callable, findings: Findings): () => Shipment {
  const inspection = Inspection.open();
  try {
    const encoded = encode(target, findings, inspection);
    if ('problems' in encoded) {
      return () => {
        throw notShippable(describe(target), encoded.problems);
      };
    }
    const { shipment } = encoded;
    const root = shipment.nodes[shipment.root];
    if (root?.type === 'import') return () => importedShipment(target, root);
    return () => shipment;
  } finally {
    inspection?.close();
  }
}

function importedShipment(target: Callable, { module, from, exportName }: Reference): Shipment {
  const batched = batchedOf(target);
  const marks = batched === 'none' ? {} : { batched };
  return { kind: 'imported', module, from, exportName: exportName ?? 'default', ...marks };
}

function notATarget(target: unknown): ServeError {
  const advice =
    target instanceof Promise
      ? 'await it first'
      : typeof target === 'object' && target !== null
        ? 'give the class and its initArgs'
        : 'give the function or class itself';
  const wanted = 'a function, a class or imported(module, export)';
  return new ServeError('INVALID_ARGUMENT', `a backend must be ${wanted}, got ${describe(target)}; ${advice}`);
}

function describe(value: unknown): string {
  if (isCallable(value)) return describeCallable(value);
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `${typeof value} ${JSON.stringify(String(value)).slice(0, 80)}`;
  if (Array.isArray(value)) return 'an array';
  const maker: unknown = Object.getPrototypeOf(value)?.constructor;
  return isCallable(maker) && maker !== Object ? `an instance of ${nameOf(maker) || 'a class'}` : 'an object';
}

const describeCallable = (value: Callable): string =>
  types.isProxy(value)
    ? 'a Proxy of a function'
    : `${isClass(value) ? 'class' : 'function'} '${nameOf(value) || '(anonymous)'}'`;
