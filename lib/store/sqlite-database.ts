/** A store's database, opened for its one owner and found to be sound. */
import type { DatabaseSync } from 'node:sqlite';
import { ServeError } from '../errors.ts';
import { loadSqlite } from './node-sqlite.ts';
import { damageIn } from './sqlite-errors.ts';
import { bringUpToDate } from './sqlite-formats.ts';
import { SqliteRecords } from './sqlite-records.ts';

export interface SoundDatabase {
  readonly database: DatabaseSync;
  readonly records: SqliteRecords;
}

/** The log is cut back to this after it was moved into the database. */
const LOG_BYTES = 4 * 1024 * 1024;

/**
 * Opens a database, brings it up to date and reads all of it. An empty file becomes an empty store. Throws Damage, and
 * else as SQLite does.
 */
export function openSound(path: string): SoundDatabase {
  return opened(path, 'read-write', (database) => {
    // Nobody else can open it now. It also keeps the log's index out of a mapped file, where damage ends in a signal.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    bringUpToDate(database, path);
    return { database, records: verifiedRecords(database) };
  });
}

/** The same without a lock and without a change. */
export function openSoundToRead(path: string): SoundDatabase {
  return opened(path, 'read', (database) => ({ database, records: verifiedRecords(database) }));
}

/** A commit is on the disk when it returns. With NORMAL, measured: 4 of 8 power cuts lost what was acknowledged. */
export function makeDurable(database: DatabaseSync, path: string): void {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    const next = 'choose a directory on another file system';
    throw new ServeError('STORE_FAILED', `${path} cannot have a write-ahead log (mode ${mode}); ${next}`);
  }
  // The last two are for macOS, where a plain flush does not reach the disk.
  database.exec(`
    PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${LOG_BYTES};
    PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
  `);
}

function opened<Result>(path: string, access: 'read' | 'read-write', use: (database: DatabaseSync) => Result): Result {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path, { readOnly: access === 'read' });
  try {
    database.exec('PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
    return use(database);
  } catch (error) {
    database.close();
    throw damageIn(error) ?? error;
  }
}

function verifiedRecords(database: DatabaseSync): SqliteRecords {
  const records = new SqliteRecords(database);
  records.verify();
  return records;
}
