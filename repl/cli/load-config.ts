import { access, readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ConfigGiven, defineConfig, type ServeConfig, ServeError } from '../../lib/index.ts';
import { importFile } from '../load-file.ts';

/** What a file says an instance is to have. Rejects with the system's error, with what the file throws, INVALID_ARGUMENT … */
export async function loadConfig(given: string): Promise<ServeConfig> {
  const path = resolve(given);
  const config = extname(path) === '.json' ? await readJson(path, given) : await readModule(path, given);
  try {
    return defineConfig(config as ConfigGiven, pathToFileURL(path).href);
  } catch (error) {
    throw error instanceof ServeError ? new ServeError(error.code, `${given}: ${error.message}`) : error;
  }
}

async function readJson(path: string, given: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ServeError('INVALID_ARGUMENT', `${given} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

async function readModule(path: string, given: string): Promise<unknown> {
  await access(path); // in words that Node's loader does not find
  const exports = await importFile(path);
  if (Object.hasOwn(exports, 'default')) return exports.default;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `${given} must export by default what defineConfig({ … }) returns; it has no default export`,
  );
}
