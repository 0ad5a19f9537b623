/**
 * One owner per directory, until it lets go or dies. SQLite's own file lock is used, on an empty database that is never
 * written nor replaced: the store's file itself is replaced when it was damaged, and a lock on it would go with it.
 */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { ServeError } from '../errors.ts';
import { isAlive } from '../wire/processes.ts';
import { loadSqlite } from './node-sqlite.ts';
import { createPrivateFile } from './private-files.ts';
import { isBusy } from './sqlite-errors.ts';
import type { StorePaths } from './sqlite-paths.ts';
import { readTestimony } from './witness.ts';

/** Long enough for an owner that is just leaving; the loser of two must know within a second. */
const PATIENCE_MS = 300;
const ATTEMPTS = 5;

export class FileLock {
  readonly #database: DatabaseSync;

  constructor(locked: DatabaseSync) {
    this.#database = locked;
  }

  release(): void {
    this.#database.close();
  }
}

/** Throws STORE_LOCKED, naming the owner's process where the witness knows it. */
export function lockDirectory({ directory, lock, witness }: StorePaths): FileLock {
  const held = lockFile(lock, PATIENCE_MS);
  if (held === null) throw lockedBy(directory, readTestimony(witness)?.pid);
  return held;
}

/**
 * Locks the file, which is made where there is none; null: somebody else has it, and kept it for `patienceMs`, during
 * which this thread blocks. Throws the system's or SQLite's error where files cannot be made or locked.
 */
export function lockFile(path: string, patienceMs: number): FileLock | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    createPrivateFile(path);
    const before = identityOf(path);
    // An owner that deletes the whole directory deletes the lock, too: what is locked must still be what is there.
    const isThere = (): boolean => before !== null && before === identityOf(path);
    try {
      const database = openLocked(path, patienceMs);
      if (database === null) return null;
      if (isThere()) return new FileLock(database);
      database.close();
    } catch (error) {
      if (isThere()) throw error;
    }
  }
  return null;
}

function openLocked(path: string, patienceMs: number): DatabaseSync | null {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path, { timeout: patienceMs });
  try {
    // Without a journal of its own: nothing is ever committed here.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
}

function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}:${found.birthtimeNs}`;
}

function lockedBy(directory: string, pid: number | undefined): ServeError {
  const owner = pid !== undefined && isAlive(pid) ? `process ${pid}` : 'another process';
  const next = 'connect to the instance that it runs, or end it first';
  return new ServeError('STORE_LOCKED', `${directory} is in use by ${owner}; ${next}`);
}
