/** Where an instance keeps its control socket and its state: `$XDG_STATE_HOME/servelab/<name>/`, its owner's alone. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ServeError } from '../errors.ts';

/** All instances of this user. */
function basePath(): string {
  const { XDG_STATE_HOME = '' } = process.env;
  // A relative one is to be ignored, says the XDG base directory specification.
  return join(isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(homedir(), '.local', 'state'), 'servelab');
}

export interface StateDirectory {
  readonly path: string;
  readonly socket: string;
  readonly lock: string;
  readonly log: string;
}

/** Where the instance's are, whether there are any or not. `name` is a legal one. */
export function stateDirectoryOf(name: string): StateDirectory {
  const path = join(basePath(), name);
  return { path, socket: join(path, 'control.sock'), lock: join(path, 'lock'), log: join(path, 'log') };
}

/** Makes the directory where it is missing. Throws LISTEN_FAILED when it is, or could be, in anybody else's hands. */
export function makeStateDirectory(name: string): StateDirectory {
  const directory = stateDirectoryOf(name);
  try {
    mkdirSync(directory.path, { recursive: true, mode: 0o700 });
    for (const path of [basePath(), directory.path]) requireOwn(path);
  } catch (cause) {
    if (cause instanceof ServeError) throw cause;
    throw refused(directory.path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return directory;
}

export function removeStateDirectory({ path }: StateDirectory): void {
  rmSync(path, { recursive: true, force: true });
}

/** Names of instances that have, or had, a state directory. */
export function knownInstances(): string[] {
  try {
    return readdirSync(basePath()).sort();
  } catch {
    return []; // none was ever started here
  }
}

function requireOwn(path: string): void {
  const { uid, mode, isDirectory } = ownershipOf(path);
  if (!isDirectory) throw refused(path, 'it is no directory (a link is not followed)');
  const self = process.getuid?.();
  if (self !== undefined && uid !== self) throw refused(path, `it belongs to user ${uid}, and this is user ${self}`);
  if ((mode & 0o022) !== 0) throw refused(path, 'others may write in it; run `chmod 700` on it');
  if ((mode & 0o055) !== 0) chmodSync(path, 0o700);
}

function ownershipOf(path: string): { uid: number; mode: number; isDirectory: boolean } {
  const stats = lstatSync(path);
  return { uid: stats.uid, mode: stats.mode, isDirectory: stats.isDirectory() };
}

const refused = (path: string, reason: string, cause?: unknown): ServeError =>
  new ServeError(
    'LISTEN_FAILED',
    `the state directory ${path} cannot be used: ${reason}; set XDG_STATE_HOME to a directory of your own`,
    { cause },
  );
