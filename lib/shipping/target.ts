import { ServeError } from '../errors.ts';
import { callerUrl } from './caller.ts';

/** A backend named by the module that exports it; each replica imports it itself. */
export interface ImportedTarget {
  readonly kind: 'imported';
  readonly module: string;
  readonly exportName: string;
  /** Null = none given, so `createBackend` may give them. */
  readonly initArgs: readonly unknown[] | null;
  /** What `module` is relative to: the file URL of the caller, or of its working directory at a prompt. */
  readonly from: string;
}

const IMPORTED = Symbol.for('servelab.imported');

/**
 * Names a backend by module and export: `imported('./model.ts', 'Model', ['en'])`.
 *
 * `module` is what `import` takes (a package, a relative or absolute path, a URL), seen from the caller's own file; with
 * an `env`, packages come from its directory, both this one and those that the module's own code imports.
 * Constructor arguments are given here or in `createBackend`, not both. Nothing is loaded here: a missing module or
 * export is BACKEND_START_FAILED from `createBackend`. Throws INVALID_ARGUMENT.
 */
export function imported(module: string, exportName = 'default', initArgs?: readonly unknown[]): ImportedTarget {
  requireName('module', module);
  requireName('exportName', exportName);
  if (initArgs !== undefined && !Array.isArray(initArgs)) {
    throw new ServeError('INVALID_ARGUMENT', `initArgs of imported() must be an array, got ${describe(initArgs)}`);
  }
  const target: ImportedTarget = {
    kind: 'imported',
    module,
    exportName,
    initArgs: initArgs === undefined ? null : Object.freeze([...initArgs]),
    from: callerUrl(),
  };
  return Object.freeze(Object.defineProperty(target, IMPORTED, { value: true }));
}

/** True for what `imported` made, also in another copy of the toolkit. */
export const isImported = (value: unknown): value is ImportedTarget =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, IMPORTED);

function requireName(what: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new ServeError('INVALID_ARGUMENT', `${what} of imported() must be a non-empty string, got ${describe(value)}`);
}

const describe = (value: unknown): string =>
  value === null ? 'null' : value === '' ? "''" : Array.isArray(value) ? 'an array' : typeof value;
