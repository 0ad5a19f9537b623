// What is used when something is damaged, and what is said of it.
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteFile, type SqliteFile } from '../../lib/store/sqlite-file.ts';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';
import { fails, until } from '../support/instance.ts';
import { withDirectory } from './directory.ts';
import { leftByCrash } from './left-by-crash.ts';

const test = suite('recovery');

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (file: SqliteFile, key: string, value: string): number =>
  file.write((records) => ({ rev: records.put(key, bytes(value), {}) })).rev;

function readAll(file: SqliteFile): Record<string, string> {
  const { entries } = file.read((records) => records.list(''));
  return Object.fromEntries(entries.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
}

/** Three records, copied after the second. */
function written(directory: string): void {
  const file = openSqliteFile(directory);
  put(file, 'a', '1');
  put(file, 'b', '2');
  file.copyNow();
  put(file, 'c', '3');
  file.close();
}

const COPIED = { a: '1', b: '2' };
const ALL = { a: '1', b: '2', c: '3' };

function overwrite(path: string, at: number, length = 64): void {
  const content = readFileSync(path);
  content.fill(0xa5, at, at + length);
  writeFileSync(path, content);
}

const DAMAGE: Readonly<Record<string, (path: string) => void>> = {
  'overwritten at its start': (path) => overwrite(path, 0),
  'overwritten in a page of records': (path) => overwrite(path, 2 * 4096 - 40),
  'cut in half': (path) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096),
  'cut to a few bytes': (path) => truncateSync(path, 10),
  empty: (path) => truncateSync(path, 0),
  gone: (path) => rmSync(path),
  'other text': (path) => writeFileSync(path, 'hello\n'),
};

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(
    `when the database is ${what}, the safety copy is used, and says so once`,
    withDirectory((directory) => {
      written(directory);
      damage(join(directory, 'state.sqlite'));
      const damaged = existsSync(join(directory, 'state.sqlite')) && readFileSync(join(directory, 'state.sqlite'));
      const file = openSqliteFile(directory);
      assert.equal(readAll(file), COPIED);
      const notice = file.notice ?? '';
      for (const part of [
        'state.sqlite was damaged',
        'revision 2',
        '1 write after it is lost',
        'state.damaged.sqlite',
      ]) {
        assert.ok(notice.includes(part), notice);
      }
      if (damaged) assert.ok(readFileSync(join(directory, 'state.damaged.sqlite')).equals(damaged));
      assert.is(put(file, 'd', '4'), 4, 'revision 3 was given before');
      file.close();
      const again = openSqliteFile(directory);
      assert.is(again.notice, null);
      assert.equal(readAll(again), { ...COPIED, d: '4' });
      again.close();
    }),
  );
}

test(
  'without a safety copy a damaged database is refused and left as it is',
  withDirectory(async (directory) => {
    written(directory);
    rmSync(join(directory, 'state.copy.sqlite'));
    overwrite(join(directory, 'state.sqlite'), 0);
    const before = readFileSync(join(directory, 'state.sqlite'));
    await fails(openSqliteStore(directory), 'STORE_CORRUPT', 'state.sqlite', 'no safety copy', 'start afresh');
    assert.ok(readFileSync(join(directory, 'state.sqlite')).equals(before));
    await fails(openSqliteStore(directory), 'STORE_CORRUPT');
  }),
);

test(
  'when both are damaged it is refused, both are left, and the reasons are given',
  withDirectory(async (directory) => {
    written(directory);
    const names = ['state.sqlite', 'state.copy.sqlite'].map((name) => join(directory, name));
    for (const path of names) overwrite(path, 0);
    const before = names.map((path) => readFileSync(path, 'hex'));
    await fails(openSqliteStore(directory), 'STORE_CORRUPT', 'not a database', 'so is its safety copy');
    assert.equal(
      names.map((path) => readFileSync(path, 'hex')),
      before,
    );
    assert.not.ok(existsSync(join(directory, 'state.draft.sqlite')));
  }),
);

test(
  'a damaged safety copy or witness costs nothing',
  withDirectory((directory) => {
    for (const name of ['state.copy.sqlite', 'state.witness']) {
      written(directory);
      overwrite(join(directory, name), 0);
      const file = openSqliteFile(directory);
      assert.is(file.notice, null);
      assert.equal(readAll(file), ALL);
      file.destroy();
    }
  }),
);

test(
  'a log that was cut is noticed: what is left is used, or the copy where that is newer',
  withDirectory(async (directory) => {
    for (const copyAt of [0, 2, 6]) {
      const crashed = join(directory, `copy-at-${copyAt}`);
      await leftByCrash(crashed, { writes: 9, copyAt });
      const log = join(crashed, 'state.sqlite-wal');
      truncateSync(log, Math.floor(statSync(log).size / 2));
      const file = openSqliteFile(crashed);
      const left = Object.keys(readAll(file)).length;
      assert.ok(left < 9 && left >= copyAt, `${left} of 9 writes are there, and the copy had ${copyAt}`);
      const lost = copyAt === 6 ? 'the 3 writes after it are lost' : `its last ${9 - left} writes are lost`;
      assert.ok(file.notice?.includes(lost), file.notice ?? 'no notice');
      assert.is(put(file, 'next', ''), 10);
      file.close();
    }
  }),
);

test(
  'a log that is gone is noticed',
  withDirectory(async (directory) => {
    await leftByCrash(directory, { writes: 5, copyAt: 0 });
    rmSync(join(directory, 'state.sqlite-wal'));
    const failure = await openSqliteStore(directory).then(
      (store) => store.notice ?? '',
      (error: Error) => error.message,
    );
    assert.match(failure, /lost|damaged/);
  }),
);

test(
  'the log of a database that is given up is not taken for that of the copy',
  withDirectory(async (directory) => {
    await leftByCrash(directory, { writes: 9, copyAt: 6 });
    truncateSync(join(directory, 'state.sqlite'), 0);
    const file = openSqliteFile(directory);
    assert.is(Object.keys(readAll(file)).length, 6);
    assert.match(file.notice ?? '', /it is empty.*revision 6.*3 writes after it are lost/);
    file.close();
    assert.ok(existsSync(join(directory, 'state.damaged.sqlite-wal')));
  }),
);

test(
  'a process that was killed while the copy was put in place leaves nothing half done',
  withDirectory((directory) => {
    const at = (name: string): string => join(directory, name);
    written(directory);
    renameSync(at('state.sqlite'), at('state.damaged.sqlite'));
    // The log of the database that was moved away, and the pieces of a copy.
    writeFileSync(at('state.sqlite-wal'), 'a log of something else', { mode: 0o600 });
    for (const name of ['state.draft.sqlite', 'state.draft.sqlite-journal', 'state.lock.123-4']) {
      writeFileSync(at(name), 'half', { mode: 0o600 });
    }
    const file = openSqliteFile(directory);
    assert.equal(readAll(file), COPIED);
    assert.match(file.notice ?? '', /it is gone/);
    file.close();
    const left = readdirSync(directory).filter((name) => !name.startsWith('state.damaged'));
    assert.equal(left.sort(), ['state.copy.sqlite', 'state.lock', 'state.sqlite', 'state.witness']);
  }),
);

test(
  'a copy is due when there is something new, rarely for a large store, and at last also for a busy one',
  withDirectory((directory) => {
    const copied = (): string => readFileSync(join(directory, 'state.copy.sqlite'), 'latin1');
    let file = openSqliteFile(directory);
    assert.is(file.copyIsDue, 'no');
    put(file, 'key.1', 'value 1');
    assert.is(file.copyIsDue, 'when-quiet');
    file.copyNow();
    assert.ok(copied().includes('value 1'));
    assert.is(file.copyIsDue, 'no');
    for (let n = 2; n <= 33; n++) {
      assert.is(file.copyIsDue, n === 2 ? 'no' : 'when-quiet', `before write ${n}`);
      put(file, `key.${n}`, `value ${n}`);
    }
    assert.is(file.copyIsDue, 'now');
    file.writeBlob((records) => records.putBlob(new Uint8Array(2_500_000)));
    file.close();
    file = openSqliteFile(directory);
    assert.is(file.copyIsDue, 'when-quiet', 'the copy is behind what was opened');
    file.copyNow();
    put(file, 'a', '1');
    put(file, 'a', '2');
    assert.is(file.copyIsDue, 'no');
    put(file, 'a', '3');
    assert.is(file.copyIsDue, 'when-quiet');
    file.close();
  }),
);

test(
  'a store copies itself when nobody asks anything of it, and when it is closed',
  withDirectory(async (directory) => {
    const copied = (): string =>
      existsSync(join(directory, 'state.copy.sqlite'))
        ? readFileSync(join(directory, 'state.copy.sqlite'), 'latin1')
        : '';
    const store = await openSqliteStore(directory);
    await store.put('a', bytes('the first'));
    await until(() => copied().includes('the first'), 'a copy');
    await store.put('a', bytes('the last'));
    await store.close();
    assert.ok(copied().includes('the last'));
  }),
);

test(
  'what is damaged while it is open is reported, not returned, and the next opening has the copy',
  withDirectory((directory) => {
    const file = openSqliteFile(directory);
    const name = file.writeBlob((records) => records.putBlob(new Uint8Array(6_000_000).fill(7)));
    put(file, 'a', '1');
    file.copyNow();
    file.close();
    const open = openSqliteFile(directory);
    put(open, 'b', '2');
    // SQLite's own cache does not hold all of a large blob.
    const path = join(directory, 'state.sqlite');
    const content = readFileSync(path);
    writeFileSync(path, content.fill(0x55, 3_000_000, 3_001_000));
    assert.throws(() => open.read((records) => records.getBlob(name)), /STORE_CORRUPT|damaged/);
    assert.throws(() => {
      put(open, 'c', '3');
      open.copyNow();
    }, /damaged/);
    open.close();
    const again = openSqliteFile(directory);
    assert.match(again.notice ?? '', /revision 1/);
    assert.is(again.read((records) => records.getBlob(name))?.[5_999_999], 7);
    again.close();
  }),
);

test.run();
