import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { errorText } from './error-text.ts';
import { toJavaScript } from './typescript.ts';

const name = '[stdin]';

/**
 * Runs a source as an ES module of the working directory, named `[stdin]`: imports and `await` work as in a file there.
 * Resolves at its end. What it throws, also from a callback, ends it too, is printed and makes the exit code 1.
 */
export function runScript(source: string): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const url = pathToFileURL(join(process.cwd(), name)).href;
  const fail = (error: unknown): void => {
    const text = errorText(error).replaceAll(url, name);
    console.error(text.startsWith(':') ? name + text : text);
    process.exitCode = 1;
    end();
  };
  process.on('uncaughtException', fail);
  // A rejection that nobody handles is known only a turn later.
  importSource(source, url).then(() => nextTurn().then(end), fail);
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
