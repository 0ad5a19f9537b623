/** Where an instance keeps its control socket and its state: `$XDG_STATE_HOME/servelab/<name>/`, its owner's alone. */
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
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
  /** Whose process has the lock. */
  readonly holder: string;
  readonly log: string;
}

/** Where the instance's are, whether there are any or not. `name` is a legal one. */
export function stateDirectoryOf(name: string): StateDirectory {
  const path = join(basePath(), name);
  const at = (file: string): string => join(path, file);
  return { path, socket: at('control.sock'), lock: at('lock'), holder: at('lock.pid'), log: at('log') };
}

/**
 * Makes the directory where it is missing. Throws LISTEN_FAILED: with the system's error as `cause` when it would not
 * let us, without one when the directory is, or could be, in anybody else's hands.
 */
export function makeStateDirectory(name: string): StateDirectory {
  const directory = stateDirectoryOf(name);
  const base = dirname(directory.path);
  const bytes = Buffer.byteLength(directory.path);
  try {
    if (bytes > LONGEST_PATH) throw new RangeError(`its path has ${bytes} bytes, and may have ${LONGEST_PATH}`);
    mkdirSync(dirname(base), { recursive: true, mode: 0o700 });
    for (const path of [base, directory.path]) {
      mkdirUnlessThere(path);
      const fault = faultOf(path);
      if (fault !== null) throw refused(path, fault);
      // Before anything is in it that others could read.
      if ((lstatSync(path).mode & OF_OTHERS) !== 0) chmodSync(path, 0o700);
    }
    accessSync(directory.path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    if (cause instanceof ServeError) throw cause;
    throw refused(directory.path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return directory;
}

/** Where a client looks. Throws INSTANCE_NOT_FOUND when somebody else may have put there what looks like an instance. */
export function findStateDirectory(name: string): StateDirectory {
  const directory = stateDirectoryOf(name);
  for (const path of [dirname(directory.path), directory.path]) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) break;
    const fault = faultOf(path);
    if (fault !== null) {
      throw new ServeError('INSTANCE_NOT_FOUND', `no instance '${name}' is looked for in ${path}: ${fault}`);
    }
  }
  return directory;
}

/** At once for everybody else: whoever makes it again meanwhile makes another one. */
export function removeStateDirectory({ path }: StateDirectory): void {
  // No name of an instance begins with a dot.
  const going = mkdtempSync(join(dirname(path), '.'));
  renameSync(path, going);
  rmSync(going, { recursive: true, force: true });
}

/** Names of instances that have, or had, a state directory. */
export function knownInstances(): string[] {
  try {
    return readdirSync(basePath())
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    return []; // none was ever started here
  }
}

/** SQLite, which locks and stores here, opens no path of more than 511 bytes. */
const LONGEST_PATH = 511 - '/state.damaged.sqlite-journal'.length;
const OF_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;
const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;

function mkdirUnlessThere(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Why what is in the directory may be somebody else's, and what to do about it; null: it is its owner's alone. */
function faultOf(path: string): string | null {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return 'it is a link, which may lead anywhere; put a directory in its place';
  if (!found.isDirectory()) return 'it is no directory; move it away';
  const self = process.geteuid?.();
  if (self !== undefined && found.uid !== self) return `it belongs to user ${found.uid}, and this is user ${self}`;
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) {
    return `others may write in it; look into it, then run \`chmod 700 ${path}\``;
  }
  return isOpenToAll(statSync(dirname(path)))
    ? `anybody may put another in its place; run \`chmod o-w ${dirname(path)}\``
    : null;
}

const isOpenToAll = ({ mode }: Stats): boolean => (mode & WORLD_WRITABLE) !== 0 && (mode & STICKY) === 0;

const refused = (path: string, reason: string, cause?: unknown): ServeError =>
  new ServeError(
    'LISTEN_FAILED',
    `the state directory ${path} cannot be used: ${reason}; or set XDG_STATE_HOME to a directory of your own`,
    cause === undefined ? {} : { cause },
  );
