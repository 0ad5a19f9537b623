/**
 * The formats of a store's file, oldest first. Released ones never change: a new one is added behind them, brings a file
 * of the format before it up to its own, and gets a stored file in the tests.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ServeError } from '../errors.ts';
import { EMPTY_LEDGER, isSame, type Ledger, sumOfLedger } from './ledger.ts';
import { Damage } from './sqlite-errors.ts';

/** Brings a file from the format before it to this one, inside a transaction. */
export type Migration = (database: DatabaseSync) => void;

/** The format's number is its place in this list, from 1. */
export const FORMATS: readonly Migration[] = [createFormat1];

/** 'SLAB', in SQLite's field for what kind of file this is. */
const APPLICATION = 0x534c4142;

/**
 * Makes a new file, or brings an older one up to date, in one transaction. Throws STORE_INCOMPATIBLE for a newer format,
 * Damage for what is no store. Each migration writes the ledger's sum anew, for its own format.
 */
export function bringUpToDate(database: DatabaseSync, path: string, formats: readonly Migration[] = FORMATS): void {
  const found = numberFrom(database, 'user_version');
  if (found > formats.length) {
    if (isLedgerOf(database, formats.length)) throw new Damage(`its header says format ${found}, its ledger does not`);
    throw tooNew(path, found, formats.length);
  }
  if (found === formats.length && numberFrom(database, 'application_id') === APPLICATION) return;
  requireKnown(database, found);
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const migrate of formats.slice(found)) migrate(database);
    database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${formats.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

export function numberFrom(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

/** A store of ours, or a file with nothing in it. */
function requireKnown(database: DatabaseSync, format: number): void {
  const application = numberFrom(database, 'application_id');
  if (format > 0 && application === APPLICATION) return;
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (format !== 0 || application !== 0 || !isEmpty) throw new Damage('it is a database, but no store of servelab');
}

/** A newer format writes its own number into the ledger's sum, so a sum with this one comes from this one. */
function isLedgerOf(database: DatabaseSync, format: number): boolean {
  try {
    const row = database.prepare('SELECT rev, rows, digest, sum FROM ledger WHERE id = 1').get();
    const { sum, ...ledger } = row as unknown as Ledger & { readonly sum: Uint8Array };
    return isSame(sum, sumOfLedger(ledger, format));
  } catch {
    return false; // a ledger that cannot even be read this way is none of this format
  }
}

function tooNew(path: string, found: number, newest: number): ServeError {
  const known = newest === 1 ? 'format 1' : `formats 1 to ${newest}`;
  return new ServeError(
    'STORE_INCOMPATIBLE',
    `${path} has format ${found}, and this version of servelab knows ${known}; use the version that has written it`,
  );
}

function createFormat1(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE entries (key TEXT PRIMARY KEY, rev INTEGER NOT NULL, value BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
    CREATE TABLE blobs (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
    CREATE TABLE ledger (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      rev INTEGER NOT NULL, rows INTEGER NOT NULL, digest BLOB NOT NULL, sum BLOB NOT NULL
    ) STRICT;
  `);
  database
    .prepare('INSERT INTO ledger (id, rev, rows, digest, sum) VALUES (1, 0, 0, ?, ?)')
    .run(EMPTY_LEDGER.digest, sumOfLedger(EMPTY_LEDGER, 1));
}
