/** A directory as a store: locked, verified, restored from its safety copy where need be. Everything here blocks. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type FileLock, lockDirectory } from './directory-lock.ts';
import { createPrivateFile, requirePrivateDirectory, requirePrivateFile } from './private-files.ts';
import { commitsPerCopy, restoreCopy, revOfCopy, writeCopy } from './safety-copy.ts';
import { makeDurable, openSound, type SoundDatabase } from './sqlite-database.ts';
import { asServeError, Damage } from './sqlite-errors.ts';
import { filesOf, type StorePaths, storePaths } from './sqlite-paths.ts';
import type { SqliteRecords } from './sqlite-records.ts';
import type { Rev } from './store.ts';
import { type Testimony, Witness } from './witness.ts';

/** A store that is never quiet is copied all the same, after so many times the commits that are enough. */
const MOST_COMMITS = 32;

const NOTHING_SEEN: Pick<Testimony, 'rev' | 'copied'> = { rev: 0, copied: 0 };

/** What a database was when it was opened. */
interface Found extends SoundDatabase {
  readonly notice: string | null;
}

/**
 * Opens the store in `directory`, which is made where there is none. Throws STORE_LOCKED, STORE_NOT_PRIVATE,
 * STORE_INCOMPATIBLE, STORE_CORRUPT (nothing sound is left), STORE_FULL, STORE_FAILED.
 */
export function openSqliteFile(directory: string): SqliteFile {
  const paths = storePaths(directory);
  return inCodes(paths, () => {
    requirePrivateDirectory(directory);
    for (const path of allFiles(paths)) requirePrivateFile(path);
    const lock = lockDirectory(paths);
    try {
      removeDrafts(paths);
      const witness = new Witness(paths.witness);
      try {
        const { rev, copied } = witness.read() ?? NOTHING_SEEN;
        // At once: others want to know whose it is, and reading it all takes a while.
        witness.write({ pid: process.pid, rev, copied });
        return new SqliteFile(paths, lock, witness, openOrRestore(paths, rev));
      } catch (error) {
        witness.close();
        throw error;
      }
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

export class SqliteFile {
  readonly notice: string | null;
  readonly #paths: StorePaths;
  readonly #lock: FileLock;
  readonly #witness: Witness;
  readonly #sound: SoundDatabase;
  #rev: Rev;
  /** The revision that the safety copy has. */
  #copied: Rev;
  /** Since the copy. */
  #commits: number;

  constructor(paths: StorePaths, lock: FileLock, witness: Witness, { notice, ...sound }: Found) {
    this.notice = notice;
    this.#paths = paths;
    this.#lock = lock;
    this.#witness = witness;
    this.#sound = sound;
    this.#rev = sound.records.rev;
    const hasCopy = statSync(paths.copy, { throwIfNoEntry: false }) !== undefined;
    this.#copied = hasCopy ? (witness.read() ?? NOTHING_SEEN).copied : 0;
    this.#commits = this.#copied === this.#rev ? 0 : commitsPerCopy(paths);
    this.#testify();
  }

  read<Result>(work: (records: SqliteRecords) => Result): Result {
    return inCodes(this.#paths, () => work(this.#sound.records));
  }

  /** What `work` says it has written is on the disk. */
  write<Result extends { readonly rev: Rev }>(work: (records: SqliteRecords) => Result): Result {
    const result = this.writeBlob(work);
    this.#rev = result.rev;
    this.#testify();
    return result;
  }

  /** The same for blobs, which have no revisions. */
  writeBlob<Result>(work: (records: SqliteRecords) => Result): Result {
    const result = this.read(work);
    this.#commits++;
    return result;
  }

  /** How urgent a new copy is, for its cost: `when-quiet`: as soon as nobody waits for the store. */
  get copyIsDue(): 'no' | 'when-quiet' | 'now' {
    if (this.#commits === 0) return 'no';
    const due = commitsPerCopy(this.#paths);
    if (this.#commits >= due * MOST_COMMITS) return 'now';
    return this.#commits >= due ? 'when-quiet' : 'no';
  }

  /** Brings the safety copy up to date if it is not. Throws when it fails: the old copy stays and the store goes on. */
  copyNow(): void {
    this.#commits = 0;
    inCodes(this.#paths, () => {
      if (this.#rev === this.#copied) return;
      writeCopy(this.#sound.database, this.#paths);
      this.#copied = this.#rev;
      this.#testify();
    });
  }

  close(): void {
    this.#sound.database.close();
    this.#witness.close();
    this.#lock.release();
  }

  /** Closes, and deletes all files. Killed on the way, either everything is still there or nothing is. */
  destroy(): void {
    this.#sound.database.close();
    this.#witness.close();
    inCodes(this.#paths, () => {
      try {
        // What would miss the database goes before it; the lock last.
        for (const path of allFiles(this.#paths)) rmSync(path, { force: true });
      } finally {
        this.#lock.release();
      }
    });
  }

  #testify(): void {
    this.#witness.write({ pid: process.pid, rev: this.#rev, copied: this.#copied });
  }
}

/** In the order in which they are deleted. */
function allFiles({ witness, copy, draft, database, damaged, lock }: StorePaths): string[] {
  return [witness, copy, ...filesOf(draft), ...filesOf(database), ...filesOf(damaged), lock];
}

/** `reached`: the revision that the witness has seen; what has less has lost something. */
function openOrRestore(paths: StorePaths, reached: Rev): Found {
  const found = openUndamaged(paths, reached);
  if (found instanceof Damage) return openRestored(paths, reached, found.message);
  const { rev } = found.records;
  if (rev >= reached) return { ...found, notice: null };
  const copied = revOfCopy(paths);
  if (copied !== null && copied > rev) {
    found.database.close();
    return openRestored(paths, reached, 'its log ends too early');
  }
  found.records.raiseRev(reached);
  const lost = `its last ${writes(reached - rev)} lost; it goes on with revision ${rev}`;
  return { ...found, notice: `the log of ${paths.database} was damaged: ${lost}` };
}

function openUndamaged(paths: StorePaths, reached: Rev): SoundDatabase | Damage {
  const size = statSync(paths.database, { throwIfNoEntry: false })?.size;
  const wasWritten = reached > 0 || statSync(paths.copy, { throwIfNoEntry: false }) !== undefined;
  // SQLite would make a new one of it.
  if (!size && wasWritten) return new Damage(size === undefined ? 'it is gone' : 'it is empty');
  createPrivateFile(paths.database);
  try {
    return openDurable(paths);
  } catch (error) {
    if (error instanceof Damage) return error;
    throw error;
  }
}

function openRestored(paths: StorePaths, reached: Rev, damage: string): Found {
  restoreCopy(paths, damage);
  const sound = openDurable(paths);
  const { rev } = sound.records;
  sound.records.raiseRev(reached);
  const lost = reached > rev ? `the ${writes(reached - rev, 'after it')} lost` : 'nothing was written after it';
  const kept = `the damaged file is kept as ${paths.damaged}`;
  const used = `its safety copy of revision ${rev} is used instead`;
  return { ...sound, notice: `${paths.database} was damaged (${damage}): ${used}, ${lost}; ${kept}` };
}

function writes(count: number, which = ''): string {
  const what = which === '' ? '' : ` ${which}`;
  return count === 1 ? `1 write${what} is` : `${count} writes${what} are`;
}

function openDurable({ database: path }: StorePaths): SoundDatabase {
  const sound = openSound(path);
  try {
    makeDurable(sound.database, path);
    return sound;
  } catch (error) {
    sound.database.close();
    throw error;
  }
}

/** What those have left that were killed while they made a file. */
function removeDrafts({ directory }: StorePaths): void {
  const isDraft = /^state\..*\.\d+-\d+$/;
  for (const name of readdirSync(directory)) if (isDraft.test(name)) rmSync(join(directory, name), { force: true });
}

function inCodes<Result>({ database }: StorePaths, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw asServeError(error, database);
  }
}
