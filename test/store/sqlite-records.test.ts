// What SQLite takes for a sound database, and a store does not: rows that are gone, old or somebody else's.
import type { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadSqlite } from '../../lib/store/node-sqlite.ts';
import { openSqliteFile } from '../../lib/store/sqlite-file.ts';
import { storePaths } from '../../lib/store/sqlite-paths.ts';
import { withDirectory } from './directory.ts';

const test = suite('sqlite-records');
const { DatabaseSync: Database } = loadSqlite();

const EDITS: Readonly<Record<string, { readonly sql: string; readonly found: RegExp }>> = {
  'a record that is gone': { sql: `DELETE FROM entries WHERE key = 'a'`, found: /4 rows were written, 3 are there/ },
  'a blob that is gone': { sql: 'DELETE FROM blobs', found: /4 rows were written, 3 are there/ },
  'a record under another key': { sql: `UPDATE entries SET key = 'z' WHERE key = 'a'`, found: /record 'z'/ },
  'a record of another revision': { sql: `UPDATE entries SET rev = 2 WHERE key = 'a'`, found: /record 'a'/ },
  'a record with a checksum that is cut': { sql: `UPDATE entries SET sum = x'00'`, found: /checksum/ },
  'a record put back as it was before': {
    sql: `UPDATE entries SET (rev, value, sum) = (SELECT rev, value, sum FROM old.entries WHERE key = 'a') WHERE key = 'a'`,
    found: /a row is not the one that was written/,
  },
  'a record from another store': {
    sql: `INSERT INTO entries SELECT 'z', rev, value, sum FROM old.entries WHERE key = 'b'`,
    found: /record 'z'/,
  },
  'a blob under another hash': { sql: `UPDATE blobs SET name = '${'0'.repeat(64)}'`, found: /blob 0+ / },
  'another revision of the whole': { sql: 'UPDATE ledger SET rev = 9', found: /ledger/ },
  'another number of rows': { sql: 'UPDATE ledger SET rows = 3', found: /ledger/ },
  'another sum of the rows': { sql: 'UPDATE ledger SET digest = zeroblob(16)', found: /ledger/ },
  'no ledger': { sql: 'DELETE FROM ledger', found: /ledger/ },
  'no table': { sql: 'DROP TABLE entries', found: /no such table/ },
};

/** Records a and b of `old`, a replaced since then, c added, and one blob. */
function written(directory: string, old: string): void {
  const file = openSqliteFile(directory);
  const put = (key: string, value: number): unknown =>
    file.write((records) => ({ rev: records.put(key, new Uint8Array([value]), {}) }));
  put('a', 1);
  put('b', 2);
  file.copyNow();
  file.close();
  const { database: path, copy } = storePaths(directory);
  const database = new Database(copy);
  database.prepare('VACUUM INTO ?').run(old);
  database.close();
  const again = openSqliteFile(directory);
  again.write((records) => ({ rev: records.put('a', new Uint8Array([3]), {}) }));
  again.write((records) => ({ rev: records.put('c', new Uint8Array([4]), {}) }));
  again.writeBlob((records) => records.putBlob(new Uint8Array(5)));
  again.close();
  edit(path, (plain) => assert.is(plain.prepare('SELECT count(*) AS n FROM entries').get()?.n, 3));
}

function edit(path: string, work: (database: DatabaseSync) => void): void {
  const database = new Database(path);
  try {
    work(database);
    assert.is(database.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
  } finally {
    database.close();
  }
}

for (const [what, { sql, found }] of Object.entries(EDITS)) {
  test(
    `${what} is damage, and the copy is used`,
    withDirectory((directory) => {
      const old = `${directory}/old.sqlite`;
      written(directory, old);
      edit(storePaths(directory).database, (database) => {
        database.exec(`ATTACH '${old}' AS old`);
        assert.ok(sql.startsWith('DROP') || database.prepare(sql).run().changes > 0, 'nothing was changed');
        if (sql.startsWith('DROP')) database.exec(sql);
      });
      const file = openSqliteFile(directory);
      assert.match(file.notice ?? 'no notice', found);
      assert.equal(file.read((records) => records.get('a'))?.value, new Uint8Array([1]));
      file.close();
    }),
  );
}

test.run();
