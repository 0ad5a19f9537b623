/** The records and blobs of one open database: each write is a transaction, each read is verified. */
import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isSame, type Ledger, sumOfBlob, sumOfEntry, sumOfLedger, withoutRow, withRow } from './ledger.ts';
import { Damage, isDiskFailure } from './sqlite-errors.ts';
import { numberFrom } from './sqlite-formats.ts';
import type { Entry, Rev, WriteOptions } from './store.ts';
import type { Snapshot } from './watch-hub.ts';
import { requireAllowed } from './write-rules.ts';

/** `rev`: that of the store, whether or not there was something to delete. */
export interface Deletion {
  readonly rev: Rev;
  readonly isDeleted: boolean;
}

interface EntryRow extends Entry {
  readonly sum: Uint8Array;
}

interface BlobRow {
  readonly name: string;
  readonly data: Uint8Array;
}

/** `coalesce`: Node 22 binds empty bytes that came from another thread as NULL. */
const STATEMENTS = {
  entry: 'SELECT key, rev, value, sum FROM entries WHERE key = ?',
  entries: 'SELECT key, rev, value, sum FROM entries ORDER BY key',
  under: 'SELECT key, rev, value, sum FROM entries WHERE key >= ? AND key < ? ORDER BY key',
  putEntry: "INSERT OR REPLACE INTO entries (key, rev, value, sum) VALUES (?, ?, coalesce(?, x''), ?)",
  deleteEntry: 'DELETE FROM entries WHERE key = ?',
  blob: 'SELECT name, data FROM blobs WHERE name = ?',
  blobs: 'SELECT name, data FROM blobs',
  blobNames: 'SELECT name FROM blobs ORDER BY name',
  putBlob: "INSERT OR REPLACE INTO blobs (name, data) VALUES (?, coalesce(?, x''))",
  deleteBlob: 'DELETE FROM blobs WHERE name = ?',
  ledger: 'SELECT rev, rows, digest, sum FROM ledger WHERE id = 1',
  putLedger: 'UPDATE ledger SET rev = ?, rows = ?, digest = ?, sum = ? WHERE id = 1',
} as const;

export class SqliteRecords {
  readonly #database: DatabaseSync;
  readonly #format: number;
  readonly #prepared: Record<keyof typeof STATEMENTS, StatementSync>;

  /** The database is of the newest format. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#format = numberFrom(database, 'user_version');
    const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#prepared = Object.fromEntries(prepared);
  }

  get rev(): Rev {
    return this.#ledger().rev;
  }

  get(key: string): Entry | undefined {
    const row = this.#prepared.entry.get(key);
    return row && verified(row as unknown as EntryRow);
  }

  list(prefix: string): Snapshot {
    // '/' is the character behind '.', so these are all the keys that start with the prefix.
    const end = `${prefix.slice(0, -1)}/`;
    const rows = prefix === '' ? this.#prepared.entries.all() : this.#prepared.under.all(prefix, end);
    return { entries: (rows as unknown as EntryRow[]).map(verified), rev: this.rev };
  }

  put(key: string, value: Uint8Array, options: WriteOptions): Rev {
    return this.#transaction(() => {
      requireAllowed(key, options, this.#revOf);
      const ledger = this.#withoutEntry(key);
      const rev = ledger.rev + 1;
      const sum = sumOfEntry(key, rev, value);
      this.#prepared.putEntry.run(key, rev, value, sum);
      this.#writeLedger({ ...withRow(ledger, sum), rev });
      return rev;
    });
  }

  del(key: string, options: WriteOptions): Deletion {
    return this.#transaction(() => {
      requireAllowed(key, options, this.#revOf);
      const ledger = this.#withoutEntry(key);
      if (this.#prepared.deleteEntry.run(key).changes === 0) return { rev: ledger.rev, isDeleted: false };
      const rev = ledger.rev + 1;
      this.#writeLedger({ ...ledger, rev });
      return { rev, isDeleted: true };
    });
  }

  /** Skips what is there and sound; heals what is there and damaged. */
  putBlob(data: Uint8Array): string {
    const name = nameOf(data);
    const found = this.#prepared.blob.get(name) as BlobRow | undefined;
    if (found !== undefined && isSame(found.data, data)) return name;
    this.#transaction(() => {
      this.#prepared.putBlob.run(name, data);
      if (found === undefined) this.#writeLedger(withRow(this.#ledger(), sumOfBlob(name)));
    });
    return name;
  }

  getBlob(name: string): Uint8Array | undefined {
    const row = this.#prepared.blob.get(name) as BlobRow | undefined;
    return row && verifiedBlob(row);
  }

  dropBlob(name: string): void {
    this.#transaction(() => {
      if (this.#prepared.deleteBlob.run(name).changes === 0) return;
      this.#writeLedger(withoutRow(this.#ledger(), sumOfBlob(name)));
    });
  }

  listBlobs(): string[] {
    return this.#prepared.blobNames.all().map(({ name }) => String(name));
  }

  /** Revisions go on from here, so that none is ever given twice, not even after a loss. */
  raiseRev(rev: Rev): void {
    const ledger = this.#ledger();
    if (rev > ledger.rev) this.#transaction(() => this.#writeLedger({ ...ledger, rev }));
  }

  /** Reads everything there is. Throws Damage, or what SQLite throws, unless all of it is what was written. */
  verify(): void {
    const [found] = this.#database.prepare('PRAGMA integrity_check(1)').all();
    if (found?.integrity_check !== 'ok') throw new Damage(String(found?.integrity_check).replaceAll('\n', ' '));
    const ledger = this.#ledger();
    let counted: Ledger = { rev: ledger.rev, rows: 0, digest: new Uint8Array(ledger.digest.length) };
    for (const row of this.#prepared.entries.iterate() as Iterable<unknown>) {
      const { key, rev, value } = verified(row as EntryRow);
      counted = withRow(counted, sumOfEntry(key, rev, value));
    }
    for (const row of this.#prepared.blobs.iterate() as Iterable<unknown>) {
      const blob = row as BlobRow;
      verifiedBlob(blob);
      counted = withRow(counted, sumOfBlob(blob.name));
    }
    if (counted.rows !== ledger.rows) throw new Damage(`${ledger.rows} rows were written, ${counted.rows} are there`);
    if (!isSame(counted.digest, ledger.digest)) throw new Damage('a row is not the one that was written');
  }

  readonly #revOf = (key: string): Rev => this.get(key)?.rev ?? 0;

  #withoutEntry(key: string): Ledger {
    const ledger = this.#ledger();
    const found = this.get(key);
    return found === undefined ? ledger : withoutRow(ledger, sumOfEntry(found.key, found.rev, found.value));
  }

  #ledger(): Ledger {
    const row = this.#prepared.ledger.get() as (Ledger & { readonly sum: Uint8Array }) | undefined;
    if (row !== undefined && isSame(row.sum, sumOfLedger(row, this.#format))) return row;
    throw new Damage('its ledger does not match its own checksum');
  }

  #writeLedger(ledger: Ledger): void {
    const { rev, rows, digest } = ledger;
    this.#prepared.putLedger.run(rev, rows, digest, sumOfLedger(ledger, this.#format));
  }

  #transaction<Result>(write: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some failures.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      if (isDiskFailure(error)) this.#writeOver();
      throw error;
    }
  }

  /**
   * When flushing failed, the log may hold all of a transaction that is told to have failed: a crash now, and it would
   * be found. An idle one in its place rules that out; where that cannot be flushed either, it has still replaced it.
   */
  #writeOver(): void {
    try {
      this.#database.exec(`PRAGMA user_version = ${this.#format}`);
    } catch {
      // The disk goes on failing, which the caller is being told.
    }
  }
}

function verified({ key, rev, value, sum }: EntryRow): Entry {
  if (isSame(sum, sumOfEntry(key, rev, value))) return { key, value, rev };
  throw new Damage(`record '${key}' does not match its checksum`);
}

function verifiedBlob({ name, data }: BlobRow): Uint8Array {
  if (nameOf(data) === name) return data;
  throw new Damage(`blob ${name} does not match its hash`);
}

const nameOf = (data: Uint8Array): string => hash('sha256', data, 'hex');
