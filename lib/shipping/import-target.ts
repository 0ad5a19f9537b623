import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import { quote } from '../domain/given-value.ts';
import { ServeError } from '../errors.ts';
import { type Callable, isCallable } from './callable.ts';
import { importerIn } from './loader.ts';
import type { ImportedShipment } from './shipment.ts';

type Exports = Readonly<Record<string, unknown>>;

/** Imports what an `imported` target names, as its user's file would. Throws BACKEND_START_FAILED. */
export async function importTarget(shipment: ImportedShipment): Promise<Callable> {
  const { module, exportName } = shipment;
  const exports = await load(shipment);
  const found = exportOf(exports, exportName);
  if (found === null) throw missing(exports, shipment);
  if (isCallable(found.value)) return found.value;
  const type = found.value === null ? 'null' : typeof found.value;
  throw failed(`export ${quote(exportName)} of '${module}' must be a function or a class, got ${type}`);
}

async function load({ module, from }: ImportedShipment): Promise<Exports> {
  try {
    return await importerIn(from)(isAbsolute(module) ? pathToFileURL(module).href : module);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failed(`cannot import '${module}' from ${from}: ${reason}`, { cause: error });
  }
}

function exportOf(exports: Exports, name: string): { readonly value: unknown } | null {
  if (Object.hasOwn(exports, name)) return { value: exports[name] };
  const commonJs = commonJsExports(exports);
  return commonJs !== null && Object.hasOwn(commonJs, name) ? { value: commonJs[name] } : null;
}

/** Node names only those exports of a CommonJS module that it finds by reading it; the rest are in `module.exports`. */
function commonJsExports(exports: Exports): Exports | null {
  const whole = exports['module.exports'] ?? (isRequired(exports.default) ? exports.default : null);
  const isObject = (typeof whole === 'object' || typeof whole === 'function') && whole !== null;
  return isObject ? (whole as Exports) : null;
}

/** Node 22 gives a CommonJS module no `module.exports` among its exports, but knows it as one that was required. */
const isRequired = (value: unknown): boolean =>
  Object.values(createRequire(import.meta.url).cache).some((module) => module?.exports === value);

function missing(exports: Exports, { module, exportName }: ImportedShipment): ServeError {
  const names = Object.keys(exports).filter((name) => name !== 'module.exports');
  const hint = names.length === 0 ? 'it exports nothing' : `the nearest is ${quote(closest(exportName, names))}`;
  return failed(`'${module}' has no export ${quote(exportName)}; ${hint}`);
}

const failed = (message: string, options?: ErrorOptions): ServeError =>
  new ServeError('BACKEND_START_FAILED', message, options);
