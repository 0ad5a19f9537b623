import { compileFunction, constants } from 'node:vm';
import type { Origin } from './shipment.ts';

type Import = (specifier: string) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Compiles a function body so that it stands at `origin` in the user's file: for stacks, and for what `import(...)`
 * inside it is relative to (the working directory where `origin.file` is neither a path nor a URL).
 */
export function compileAt(
  origin: Origin,
  body: string,
  parameters: readonly string[],
): (...args: unknown[]) => unknown {
  const compiled: unknown = compileFunction(body, parameters, {
    filename: origin.file,
    lineOffset: origin.line - 1,
    columnOffset: origin.column - 1,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return compiled as (...args: unknown[]) => unknown;
}

/** `import` as it would run in `file`, a URL or path; a URL that ends in `/` stands for any file in that directory. */
export const importerIn = (file: string): Import =>
  compileAt({ file, line: 1, column: 1 }, 'return import(specifier)', ['specifier']) as Import;

/**
 * Uses up Node's one warning per thread that this loader option is experimental. Users can do nothing about it, and
 * it would stand in the log of each replica. It is given synchronously, so nobody else's warning is lost meanwhile.
 */
export async function hushLoaderWarning(): Promise<void> {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    const loaded = importerIn('servelab')('node:vm');
    process.emitWarning = emitWarning;
    await loaded;
  } finally {
    process.emitWarning = emitWarning;
  }
}
