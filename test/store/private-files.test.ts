import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';
import { fails } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';
import { withDirectory } from './directory.ts';

const test = suite('private-files');
const asRoot = {
  available: process.geteuid?.() === 0,
  why: 'only root can make files of another user',
  isForbidden: true,
};
const NOBODY = 65_534;

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function openAndClose(directory: string): Promise<void> {
  const store = await openSqliteStore(directory);
  await store.put('a', new Uint8Array(1));
  await store.close();
}

test(
  'a directory is made where there is none, for its user only, and so are all files in it',
  withDirectory(async (base) => {
    const directory = join(base, 'new', 'er');
    // Nothing is closed to others now but what the store closes itself.
    const umask = process.umask(0);
    try {
      const store = await openSqliteStore(directory);
      await store.put('a', new Uint8Array(1));
      await store.blobs.put(new Uint8Array(1));
      const names = readdirSync(directory);
      assert.ok(names.includes('state.sqlite-wal'), names.join());
      for (const name of names) assert.is(modeOf(join(directory, name)), '600', name);
      await store.close();
      const left = readdirSync(directory);
      assert.equal(left.sort(), ['state.copy.sqlite', 'state.lock', 'state.sqlite', 'state.witness']);
      for (const name of left) assert.is(modeOf(join(directory, name)), '600', name);
    } finally {
      process.umask(umask);
    }
    assert.equal([modeOf(directory), modeOf(join(base, 'new'))], ['700', '700']);
  }),
);

for (const mode of [0o777, 0o770, 0o750, 0o701, 0o755]) {
  test(
    `a directory of mode ${mode.toString(8)} is refused`,
    withDirectory(async (base) => {
      const directory = join(base, "it's");
      mkdirSync(directory);
      chmodSync(directory, mode);
      await fails(openSqliteStore(directory), 'STORE_NOT_PRIVATE', `mode 0${mode.toString(8)}`, 'chmod 700');
      assert.equal(readdirSync(directory), []);
      chmodSync(directory, 0o700);
      await openAndClose(directory);
    }),
  );
}

test(
  'a link to a directory is refused, and what it leads to is left alone',
  withDirectory(async (base) => {
    mkdirSync(join(base, 'real'), { mode: 0o700 });
    symlinkSync(join(base, 'real'), join(base, 'link'));
    await fails(openSqliteStore(join(base, 'link')), 'STORE_NOT_PRIVATE', 'symbolic link', 'leads to');
    assert.equal(readdirSync(join(base, 'real')), []);
  }),
);

test(
  'a directory that everybody can replace is refused',
  withDirectory(async (base) => {
    const parent = join(base, 'open');
    mkdirSync(join(parent, 'state'), { recursive: true, mode: 0o700 });
    chmodSync(parent, 0o777);
    await fails(openSqliteStore(join(parent, 'state')), 'STORE_NOT_PRIVATE', 'everybody can write', 'chmod o-w');
    chmodSync(parent, 0o1777);
    await openAndClose(join(parent, 'state'));
  }),
);

test(
  'a file where the directory should be is refused',
  withDirectory(async (base) => {
    writeFileSync(join(base, 'file'), 'mine');
    await fails(openSqliteStore(join(base, 'file')), 'STORE_FAILED', 'EEXIST');
  }),
);

for (const name of ['state.sqlite', 'state.sqlite-wal', 'state.copy.sqlite', 'state.lock', 'state.witness']) {
  test(
    `a link in the place of ${name} is refused, and what it leads to stays as it was`,
    withDirectory(async (base) => {
      const directory = join(base, 'state');
      mkdirSync(directory, { mode: 0o700 });
      writeFileSync(join(base, 'precious'), 'mine');
      symlinkSync(join(base, 'precious'), join(directory, name));
      await fails(openSqliteStore(directory), 'STORE_NOT_PRIVATE', name, 'no regular file');
      assert.is(statSync(join(base, 'precious')).size, 4);
    }),
  );
}

test(
  'files that have become open to others are closed again',
  withDirectory(async (directory) => {
    await openAndClose(directory);
    chmodSync(join(directory, 'state.sqlite'), 0o666);
    await openAndClose(directory);
    assert.is(modeOf(join(directory, 'state.sqlite')), '600');
  }),
);

requireOrSkip(
  test,
  'a directory and a file of another user are refused',
  asRoot,
  withDirectory(async (base) => {
    const directory = join(base, 'state');
    await openAndClose(directory);
    chownSync(join(directory, 'state.sqlite'), NOBODY, NOBODY);
    await fails(openSqliteStore(directory), 'STORE_NOT_PRIVATE', 'state.sqlite', `user ${NOBODY}`);
    chownSync(join(directory, 'state.sqlite'), 0, 0);
    chownSync(directory, NOBODY, NOBODY);
    await fails(openSqliteStore(directory), 'STORE_NOT_PRIVATE', `user ${NOBODY}`, 'of your own');
  }),
);

test.run();
