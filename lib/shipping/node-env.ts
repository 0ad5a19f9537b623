import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readGivenOptions } from '../domain/given-options.ts';
import { invalidValue } from '../domain/given-value.ts';
import { describeEnv, type NodeEnv } from '../domain/node-env.ts';
import { callerUrl } from './caller.ts';

const WANTED_DIRECTORY = 'a non-empty path or a file URL';
const WANTED_NODE = 'the name, path or file URL of a Node binary';

/**
 * Describes an environment for `createBackend(tag, target, { env })`: `nodeEnv('./envs/v2', { node: 'node22' })`.
 *
 * `directory` has a package.json and a `node_modules`. Bare imports of the backend's own code (`import 'lodash'`, in
 * the module of `imported` and in those it imports by path, or inside a function) resolve as they would in a file in
 * that directory; what is not installed there, from the user's own file. `servelab` is always the running toolkit. So
 * two backends can use two versions of one package. A relative directory is seen from the caller's own file, at a
 * prompt from the working directory.
 *
 * `node`: another Node binary (>= 22.18), by name on PATH, absolute path, path relative to `directory`, or file URL.
 * Default: the instance's own.
 *
 * Nothing is looked at here: `createBackend` does, and rejects with ENV_NOT_FOUND. Throws INVALID_ARGUMENT.
 * Source: Ray Serve 1.x `CondaEnv`.
 */
export function nodeEnv(directory: string | URL, options: { readonly node?: string | URL } = {}): NodeEnv {
  const node = readGivenOptions('nodeEnv', options, ['node']).get('node');
  return nodeEnvFrom(callerUrl(), directory, node);
}

/** The same, seen from a file, by its URL; one that ends in `/` stands for any file in that directory. */
export function nodeEnvFrom(from: string, directory: unknown, node: unknown): NodeEnv {
  const path = pathOf('directory of nodeEnv()', WANTED_DIRECTORY, directory);
  const file = fileURLToPath(from);
  return describeEnv(
    resolve(file.endsWith('/') ? file : dirname(file), path),
    node === undefined ? null : pathOf('node of nodeEnv()', WANTED_NODE, node),
  );
}

/** A path as it is, a file URL as its path. No path has a NUL in it: what opens one would throw something else. */
function pathOf(what: string, wanted: string, given: unknown): string {
  const isUrl = given instanceof URL || (typeof given === 'string' && given.startsWith('file:'));
  if (isUrl) {
    try {
      return fileURLToPath(given);
    } catch {
      throw invalidValue(what, wanted, String(given));
    }
  }
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return given;
  throw invalidValue(what, wanted, given);
}
