import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteStore, SqliteStore } from '../../lib/store/sqlite-store.ts';
import { StoreThread } from '../../lib/store/store-thread.ts';
import { failureOf } from '../support/instance.ts';
import { conformance } from './conformance.ts';
import { newDirectory, withDirectory } from './directory.ts';

const test = suite('sqlite-store');

conformance(test, async () => {
  const directory = newDirectory();
  return {
    open: () => openSqliteStore(directory),
    remove: async () => rmSync(directory, { recursive: true }),
  };
});

test(
  'a process is held by what it asks of a store, and not by having it open',
  withDirectory(async (directory) => {
    const program = fileURLToPath(new URL('./programs/leaving.js', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, directory], { encoding: 'utf8' });
    assert.equal([status, stdout], [0, 'put\n'], stderr);
    // Of warnings there is the program's own, and none that SQLite is experimental.
    assert.match(stderr, /^\(node:\d+\) Warning: mine\n(\(Use `[^\n]*\n)?$/);
    const store = await openSqliteStore(directory);
    assert.is((await store.get('a'))?.value.byteLength, 1);
    await store.close();
  }),
);

test('when its thread dies, what was being written is unknown, and all else is refused', async () => {
  const thread = new StoreThread('', () => {}, new URL('./programs/dying-thread.js', import.meta.url));
  const store = new SqliteStore(thread, await thread.opened());
  assert.is(await store.get('a'), undefined);
  const watch = (): Promise<unknown> => failureOf(Array.fromAsync(store.watch('', new AbortController().signal)));
  const watched = watch();
  const failures = await Promise.all(
    [store.put('a', new Uint8Array(1)), store.del('a'), store.get('a')].map((work) => failureOf(work)),
  );
  assert.equal(
    failures.map((failure) => (failure as { code?: string }).code),
    ['UNKNOWN', 'UNKNOWN', 'STORE_FAILED'],
  );
  assert.match(String(failures[2]), /out of memory.*start the instance again/);
  for (const failure of [await watched, await watch(), await failureOf(store.get('a'))]) {
    assert.is((failure as { code?: string }).code, 'STORE_FAILED');
  }
  await store.close();
});

test.run();
