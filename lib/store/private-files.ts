/** Only this user may read or change what is kept: refusals, and files made so that nobody else ever could. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { quote } from '../domain/given-value.ts';
import { ServeError } from '../errors.ts';

const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
const OF_OTHERS = 0o077;
const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;

/** Makes the directory where there is none. Throws STORE_NOT_PRIVATE unless it is this user's own and closed to others. */
export function requirePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY });
  const found = lstatSync(path);
  if (found.isSymbolicLink()) throw notPrivate(path, 'is a symbolic link', 'name the directory that it leads to');
  if (!found.isDirectory()) throw notPrivate(path, 'is no directory', 'move it away, or choose another directory');
  requireOwn(path, found);
  if ((found.mode & OF_OTHERS) !== 0) {
    throw notPrivate(path, `is open to others (mode ${modeOf(found)})`, `chmod 700 ${quote(path)}`);
  }
  // Who may rename entries of the parent can put another directory in this one's place.
  const parent = statSync(dirname(path));
  if ((parent.mode & WORLD_WRITABLE) !== 0 && (parent.mode & STICKY) === 0) {
    const next = `chmod o-w ${quote(dirname(path))}`;
    throw notPrivate(path, 'lies in a directory that everybody can write to', next);
  }
}

/** Closes the file to others where it is not. Throws STORE_NOT_PRIVATE for a link or another user's; none is fine. */
export function requirePrivateFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) throw notPrivate(path, 'is no regular file', 'move it away: no instance has made it');
  requireOwn(path, found);
  if ((found.mode & OF_OTHERS) !== 0) chmodSync(path, PRIVATE_FILE);
}

/**
 * Makes an empty file where there is none, and never opens one that is there: a process that closes a file loses all
 * its locks on it, those of other threads included.
 */
export function createPrivateFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const draft = `${path}.${process.pid}-${threadId}`;
  closeSync(openSync(draft, 'w', PRIVATE_FILE));
  try {
    linkSync(draft, path);
  } catch (error) {
    // Another process has made it. ENOENT: that one has also cleared this draft away.
    if (!isCode(error, 'EEXIST') && !isCode(error, 'ENOENT')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncPath(dirname(path));
}

/** The bytes of a file, or the names in a directory, are on the disk afterwards. Never for a file that is locked. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function requireOwn(path: string, { uid }: Stats): void {
  const own = process.geteuid?.();
  if (own === undefined || uid === own) return;
  throw notPrivate(path, `belongs to user ${uid}, and this process is of user ${own}`, 'use a directory of your own');
}

const modeOf = ({ mode }: Stats): string => `0${(mode & 0o777).toString(8)}`;

function notPrivate(path: string, found: string, next: string): ServeError {
  const why = 'what an instance keeps is for its own user only';
  return new ServeError('STORE_NOT_PRIVATE', `${quote(path)} ${found}, and ${why}; ${next}`);
}
