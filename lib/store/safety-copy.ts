/** The previous good state: a copy of the database that is only replaced by one that was read back and found sound. */
import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { ServeError } from '../errors.ts';
import { createPrivateFile, syncPath } from './private-files.ts';
import { openSound, openSoundToRead } from './sqlite-database.ts';
import { Damage, textOf } from './sqlite-errors.ts';
import { filesOf, type StorePaths, sideFilesOf } from './sqlite-paths.ts';
import type { Rev } from './store.ts';

const MEGABYTE = 1024 * 1024;

/** How many commits apart copies are: one for a small store, and more the larger it is: a megabyte is copied per commit. */
export function commitsPerCopy({ database }: StorePaths): number {
  return Math.max(1, Math.ceil(statSync(database).size / MEGABYTE));
}

/** Replaces the copy by what the database has now. When that fails the old copy is still there, whole. */
export function writeCopy(database: DatabaseSync, paths: StorePaths): void {
  try {
    removeDraft(paths);
    createPrivateFile(paths.draft);
    // Row by row into a new file: free pages, and damage to what holds the rows together, are not copied.
    database.prepare('VACUUM INTO ?').run(paths.draft);
    openSoundToRead(paths.draft).database.close();
    syncPath(paths.draft);
    renameSync(paths.draft, paths.copy);
    syncPath(paths.directory);
  } finally {
    removeDraft(paths);
  }
}

/** Null: there is none, or it is damaged, too. */
export function revOfCopy(paths: StorePaths): Rev | null {
  if (!existsSync(paths.copy)) return null;
  try {
    const { database, records } = openSoundToRead(paths.copy);
    const { rev } = records;
    database.close();
    return rev;
  } catch (error) {
    if (error instanceof Damage) return null;
    throw error;
  }
}

/**
 * Puts the copy in the database's place; the damaged one is moved aside. Ends at the same when it is begun again after a
 * crash. Throws STORE_CORRUPT, with everything where it was, when there is no sound copy.
 */
export function restoreCopy(paths: StorePaths, damage: string): void {
  if (!existsSync(paths.copy)) throw lost(paths, damage, 'there is no safety copy yet');
  try {
    removeDraft(paths);
    createPrivateFile(paths.draft);
    copyFileSync(paths.copy, paths.draft);
    openSound(paths.draft).database.close();
    syncPath(paths.draft);
    moveAside(paths);
    renameSync(paths.draft, paths.database);
    syncPath(paths.directory);
  } catch (error) {
    if (error instanceof Damage) throw lost(paths, damage, `so is its safety copy (${textOf(error)})`);
    throw error;
  } finally {
    removeDraft(paths);
  }
}

/** The database first: without its log it would seem to be whole, and of an older revision. */
function moveAside({ database, damaged }: StorePaths): void {
  for (const path of filesOf(damaged)) rmSync(path, { force: true });
  const names = filesOf(damaged);
  filesOf(database).forEach((path, index) => {
    if (existsSync(path)) renameSync(path, names[index] ?? damaged);
  });
}

function removeDraft({ draft }: StorePaths): void {
  for (const path of [...sideFilesOf(draft), draft]) rmSync(path, { force: true });
}

function lost({ database, directory }: StorePaths, damage: string, copy: string): ServeError {
  const next = `put a backup of your own in its place, or delete ${directory} to start afresh`;
  return new ServeError('STORE_CORRUPT', `${database} is damaged (${damage}), and ${copy}; ${next}`);
}
