/** The user's Koa middlewares, from wherever they come. */
import type Koa from 'koa';
import { quote } from '../domain/given-value.ts';
import type { ImportedTarget } from '../domain/imported.ts';
import { ServeError } from '../errors.ts';
import { importTarget } from '../shipping/import-target.ts';
import { isImported } from '../shipping/target.ts';

/** Loads those that are to be imported. With arguments, what is exported makes the middleware of them. Rejects INVALID_ARGUMENT. */
export function loadMiddlewares(given: readonly (Koa.Middleware | ImportedTarget)[]): Promise<Koa.Middleware[]> {
  return Promise.all(given.map((one) => (isImported(one) ? load(one) : one)));
}

async function load(target: ImportedTarget): Promise<Koa.Middleware> {
  const { module, exportName, initArgs } = target;
  const found: unknown = await importTarget({ ...target, kind: 'imported' });
  const made: unknown = initArgs === null ? found : (found as (...args: readonly unknown[]) => unknown)(...initArgs);
  if (typeof made === 'function') return made as Koa.Middleware;
  const how = initArgs === null ? 'is' : `made of ${initArgs.length} arguments`;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `http.middlewares: ${quote(exportName)} of '${module}' ${how} ${typeof made}, not a middleware; give imported() the arguments of its factory`,
  );
}
