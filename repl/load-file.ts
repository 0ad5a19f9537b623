/** Files of the user's that this process runs. */
import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toolkitUrl } from './toolkit-modules.ts';

/** Node would take them for CommonJS where neither a package.json nor an import says more, as in a script of three lines. */
const FORMATS: Readonly<Record<string, string>> = { '.js': 'module', '.ts': 'module-typescript' };

/**
 * Imports a file by its path, as an ES module. In it, and in what it imports, `servelab` is this very toolkit, wherever
 * that is installed.
 */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = pathToFileURL(path).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const url = toolkitUrl(specifier);
      return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
    },
    load: (url, context, next) =>
      next(url, url === file ? { ...context, format: FORMATS[extname(path)] ?? context.format } : context),
  });
  const { emitWarning } = process;
  // Node 22 says of each program that its types are stripped, about which its user can do nothing.
  process.emitWarning = ((warning: string | Error, ...others: never[]) => {
    if (!String(warning).startsWith('Type Stripping')) emitWarning.call(process, warning, ...others);
  }) as typeof process.emitWarning;
  try {
    return await import(file);
  } finally {
    process.emitWarning = emitWarning;
    hooks.deregister();
  }
}
