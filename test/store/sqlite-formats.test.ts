import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openJournal } from '../../lib/store/journal.ts';
import { sumOfLedger } from '../../lib/store/ledger.ts';
import { loadSqlite } from '../../lib/store/node-sqlite.ts';
import { bringUpToDate, FORMATS, type Migration } from '../../lib/store/sqlite-formats.ts';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';
import { fails } from '../support/instance.ts';
import { withDirectory } from './directory.ts';

const test = suite('sqlite-formats');
const fixtures = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'store');
const { DatabaseSync: Database } = loadSqlite();

/** The stored file of a format as the database in a directory; returns its path. */
function place(directory: string, format = 1): string {
  const path = join(directory, 'state.sqlite');
  copyFileSync(join(fixtures, `format-${format}.sqlite`), path);
  chmodSync(path, 0o600);
  return path;
}

function inDatabase(path: string, work: (database: DatabaseSync) => void): void {
  const database = new Database(path);
  try {
    work(database);
  } finally {
    database.close();
  }
}

const formatOf = (database: DatabaseSync): unknown => database.prepare('PRAGMA user_version').get()?.user_version;

/** As a version of servelab would leave it that knows one format more. */
function raiseFormat(database: DatabaseSync, format: number): void {
  const row = database.prepare('SELECT rev, rows, digest FROM ledger').get() as unknown as Parameters<
    typeof sumOfLedger
  >[0];
  database.prepare('UPDATE ledger SET sum = ?').run(sumOfLedger(row, format));
  database.exec(`PRAGMA user_version = ${format}`);
}

test('there is a stored file of every format', () => {
  const stored = readdirSync(fixtures).filter((name) => name.endsWith('.sqlite'));
  assert.equal(
    stored.sort(),
    FORMATS.map((_, index) => `format-${index + 1}.sqlite`),
  );
});

for (const [index] of FORMATS.entries()) {
  test(
    `a file of format ${index + 1} is read as it was written, and written on`,
    withDirectory(async (directory) => {
      place(directory, index + 1);
      const journal = await openJournal(await openSqliteStore(directory));
      assert.is(journal.notice, null);
      assert.equal(
        journal.history().map((entry) => Object.values(entry).join(' ')),
        [
          '2 2026-01-01T00:00:01.000Z ada update-backend backend echo: code',
          '3 2026-01-01T00:00:02.000Z grace create-endpoint endpoint echo → /echo',
          '4 2026-01-01T00:00:03.000Z grace rollback back to revision 2',
        ],
      );
      const backend = { tag: 'echo', config: { numReplicas: 2, maxBatchSize: null }, weights: new Map([['echo', 1]]) };
      const latest = await journal.latest();
      assert.equal(latest?.state, { backends: [backend] });
      const code = await journal.part(latest?.parts.get('echo') ?? '');
      assert.is(new TextDecoder().decode(code), 'export default (request) => request.text();\n'.repeat(120));
      const endpoint = { route: '/echo', methods: ['GET'], weights: [['echo', 1]] };
      assert.equal((await journal.stateAt(3)).state, {
        backends: [backend],
        endpoints: new Map([['echo', endpoint]]),
        large: 'x'.repeat(70_000),
      });
      const change = { author: 'test', operation: 'any', summary: 'the next', state: 5, parts: latest?.parts };
      assert.is((await journal.append(change)).revision, 5);
      await journal.close();
    }),
  );
}

test(
  'a newer format is refused, naming both, and left as it is',
  withDirectory(async (directory) => {
    const path = place(directory);
    const newer = FORMATS.length + 1;
    inDatabase(path, (database) => raiseFormat(database, newer));
    const before = readFileSync(path);
    const known = FORMATS.length === 1 ? 'format 1' : `formats 1 to ${FORMATS.length}`;
    await fails(
      openSqliteStore(directory),
      'STORE_INCOMPATIBLE',
      `format ${newer}`,
      `knows ${known}`,
      'use the version',
    );
    assert.ok(readFileSync(path).equals(before), 'the file has changed');
    assert.not.ok(existsSync(join(directory, 'state.damaged.sqlite')));
  }),
);

test(
  'a header that says newer than its ledger does is damage',
  withDirectory(async (directory) => {
    inDatabase(place(directory), (database) => database.exec(`PRAGMA user_version = ${FORMATS.length + 4}`));
    await fails(openSqliteStore(directory), 'STORE_CORRUPT', 'header', 'no safety copy');
  }),
);

test(
  'an older format is brought up in one step, and a step that fails changes nothing',
  withDirectory((directory) => {
    const path = place(directory);
    const next = FORMATS.length + 1;
    const added: Migration = (database) => {
      database.exec('CREATE TABLE leases (name TEXT PRIMARY KEY) STRICT');
      raiseFormat(database, next);
    };
    const failing: Migration = (database) => {
      database.exec('CREATE TABLE later (name TEXT PRIMARY KEY) STRICT');
      throw new Error('half way');
    };
    inDatabase(path, (database) => {
      assert.throws(() => bringUpToDate(database, path, [...FORMATS, added, failing]), /half way/);
      assert.is(formatOf(database), FORMATS.length);
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('leases', 'later')").all();
      assert.is(tables.length, 0);
      bringUpToDate(database, path, [...FORMATS, added]);
      assert.is(formatOf(database), next);
      assert.equal(database.prepare('SELECT count(*) AS n FROM leases').get()?.n, 0);
      bringUpToDate(database, path, [...FORMATS, added]);
      assert.is(formatOf(database), next);
    });
  }),
);

test(
  'a database of something else is no store, and is left alone',
  withDirectory(async (directory) => {
    const path = join(directory, 'state.sqlite');
    inDatabase(path, (database) => database.exec('CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 1'));
    chmodSync(path, 0o600);
    const before = readFileSync(path);
    await fails(openSqliteStore(directory), 'STORE_CORRUPT', 'no store of servelab', 'no safety copy');
    assert.ok(readFileSync(path).equals(before), 'the file has changed');
  }),
);

test(
  'a file that is no database is reported, and left alone',
  withDirectory(async (directory) => {
    const path = join(directory, 'state.sqlite');
    writeFileSync(path, 'notes to myself\n'.repeat(100), { mode: 0o600 });
    await fails(openSqliteStore(directory), 'STORE_CORRUPT', 'not a database');
    assert.is(readFileSync(path, 'utf8'), 'notes to myself\n'.repeat(100));
  }),
);

test.run();
