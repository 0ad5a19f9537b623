import { type ExecFileException, execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { envNotFound, statOf } from './env-lookup.ts';

/** The oldest Node whose replicas work, as package.json has it: major and minor version. */
export const OLDEST_NODE = [22, 18] as const;

/** How long a binary may take to say its version, in ms. */
const VERSION_TIMEOUT_MS = 20_000;

/** Bun, which calls itself a Node, has not the module hooks that replicas need. */
const ASK_VERSION = "process.versions.bun ? 'Bun' : process.versions.node";

/** Versions by binary, so that each is run once; one that changes on disk is another. */
const versions = new Map<string, Promise<string>>();

/**
 * The absolute path of a Node binary given by name on PATH, by absolute path, or by path relative to `directory`.
 * Rejects ENV_NOT_FOUND when there is none, when it cannot be run, is no Node, or is older than `OLDEST_NODE`.
 */
export async function findNode(given: string, directory: string): Promise<string> {
  const path = isPath(given) ? resolve(directory, given) : await findOnPath(given);
  const there = await statOf(path);
  if (there === null) throw noNode(`there is no file ${path}`);
  if (!there.isFile() || !(await isExecutable(path))) throw noNode(`${path} is not a file that this user can execute`);
  const version = await versionOf(path, `${path} ${there.mtimeMs} ${there.size}`);
  if (isTooOld(version)) throw noNode(`${path} is Node ${version}`);
  return path;
}

const isPath = (given: string): boolean => isAbsolute(given) || /[/\\]/.test(given);

async function findOnPath(name: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = resolve(join(folder, name));
    if (await isExecutable(path)) return path;
  }
  throw noNode(`there is no '${name}' on PATH`);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // for whatever reason: it is the answer
  }
}

function versionOf(path: string, key: string): Promise<string> {
  const known = versions.get(key);
  if (known !== undefined) return known;
  const asked = askVersion(path);
  versions.set(key, asked);
  // What failed may have failed for lack of memory: it is asked again.
  asked.catch(() => versions.delete(key));
  return asked;
}

async function askVersion(path: string): Promise<string> {
  let printed: string;
  try {
    const options = { timeout: VERSION_TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    printed = (await promisify(execFile)(path, ['-p', ASK_VERSION], options)).stdout;
  } catch (error) {
    throw noNode(`${path} is no Node: it does not say its version (${reasonOf(error as ExecFileException)})`, error);
  }
  const version = /^\d+\.\d+\.\d+\S*$/m.exec(printed)?.[0];
  if (version === undefined) throw noNode(`${path} is no Node: asked for its version it says '${printed.trim()}'`);
  return version;
}

function reasonOf({ killed, stderr, message }: ExecFileException): string {
  if (killed) return `no answer within ${VERSION_TIMEOUT_MS} ms`;
  const [first = message] = (stderr ?? '').split('\n').filter((line) => line.trim() !== '');
  return first;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

const noNode = (found: string, cause?: unknown): Error =>
  envNotFound(
    found,
    `node of nodeEnv() wants a Node ${OLDEST_NODE.join('.')} or newer: its name on PATH, or its path, absolute or ` +
      'relative to the directory',
    cause,
  );
