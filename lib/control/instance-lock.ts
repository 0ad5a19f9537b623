/**
 * One instance per name: a lock that the system takes back however its holder ends. Node has no flock, but SQLite locks
 * its files, so the lock is an empty database that is held.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

export interface InstanceLock {
  release(): void;
}

/** The pid of who holds the lock, as it says itself; null: nobody does, and now we do. */
export async function lockInstance(path: string): Promise<InstanceLock | { readonly holder: number }> {
  const { DatabaseSync } = await import('node:sqlite');
  const pidFile = `${path}.pid`;
  closeSync(openSync(path, 'a', 0o600));
  const database: DatabaseSync = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    return { holder: Number(readFileSync(pidFile, 'utf8')) };
  }
  writeFileSync(pidFile, String(process.pid), { mode: 0o600 });
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;
