import { type ImportedTarget, markImported } from '../domain/imported.ts';
import { ServeError } from '../errors.ts';
import { callerUrl } from './caller.ts';

export { type ImportedTarget, isImported } from '../domain/imported.ts';

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
  return markImported(target);
}

function requireName(what: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new ServeError('INVALID_ARGUMENT', `${what} of imported() must be a non-empty string, got ${describe(value)}`);
}

const describe = (value: unknown): string =>
  value === null ? 'null' : value === '' ? "''" : Array.isArray(value) ? 'an array' : typeof value;
