import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { errorText } from './error-text.ts';
import { importFile } from './load-file.ts';
import { toJavaScript } from './typescript.ts';

const name = '[stdin]';

/**
 * Runs a source as an ES module of the working directory, named `[stdin]`: imports and `await` work as in a file there.
 * Resolves at its end. What it throws, also from a callback, ends it too, is printed and makes the exit code 1.
 */
export function runScript(source: string): Promise<void> {
  const url = pathToFileURL(join(process.cwd(), name)).href;
  return runToEnd(
    () => importSource(source, url),
    (error) => {
      const text = errorText(error).replaceAll(url, name);
      return text.startsWith(':') ? name + text : text;
    },
  );
}

/** The same for a file, by its path, which is the program then: `process.argv` has its arguments. */
export function runFile(given: string, args: readonly string[]): Promise<void> {
  const path = resolve(given);
  process.argv.splice(1, Number.POSITIVE_INFINITY, path, ...args);
  return runToEnd(() => importFile(path), errorText);
}

function runToEnd(work: () => Promise<unknown>, say: (error: unknown) => string): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const fail = (error: unknown): void => {
    console.error(say(error));
    process.exitCode = 1;
    end();
  };
  process.on('uncaughtException', fail);
  // A rejection that nobody handles is known only a turn later.
  work().then(() => nextTurn().then(end), fail);
  return ended;
}

async function importSource(source: string, url: string): Promise<void> {
  const read = toJavaScript(source, 'module');
  if (read.as !== 'javascript') throw read.error;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === url ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
    load: (loaded, context, next) =>
      loaded === url ? { format: 'module', source: read.code, shortCircuit: true } : next(loaded, context),
  });
  try {
    await import(url);
  } finally {
    hooks.deregister();
  }
}
