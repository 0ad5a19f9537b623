import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteStore, type SqliteStore } from '../../lib/store/sqlite-store.ts';
import { codeOf, fails, until } from '../support/instance.ts';
import { descriptorsOf } from '../support/processes.ts';
import { requireOrSkip } from '../support/require.ts';
import { withDirectory } from './directory.ts';
import { nextLine, startProgram, type Talker } from './lines-of.ts';

const test = suite('directory-lock');

interface Said {
  readonly ready?: number;
  readonly won?: number;
  readonly lost?: string;
  readonly message?: string;
  readonly afterMs?: number;
}

const heard = async (talker: Talker): Promise<Said> => JSON.parse(await nextLine(talker)) as Said;

async function opening(directory: string, times: number): Promise<Talker> {
  const talker = startProgram('opening', [directory, String(times)]);
  assert.is((await heard(talker)).ready, talker.child.pid);
  return talker;
}

async function end({ child, exit }: Talker, how: 'SIGKILL' | 'politely'): Promise<void> {
  if (how === 'SIGKILL') child.kill('SIGKILL');
  else child.stdin?.end();
  await exit;
}

async function openWhenFree(directory: string): Promise<SqliteStore> {
  let opened: SqliteStore | null = null;
  await until(async () => {
    opened = await openSqliteStore(directory).catch((error) => (codeOf(error) === 'STORE_LOCKED' ? null : fail(error)));
    return opened !== null;
  }, 'the store to be free');
  return opened ?? fail(new Error('it never was'));
}

function fail(error: unknown): never {
  throw error;
}

test(
  'a second process is refused at once, naming the first, and is let in once that was killed',
  withDirectory(async (directory) => {
    const owner = await opening(directory, 1);
    owner.child.stdin?.write('go\n');
    assert.is((await heard(owner)).won, owner.child.pid);
    const startedAt = performance.now();
    await fails(openSqliteStore(directory), 'STORE_LOCKED', `process ${owner.child.pid}`, 'connect', directory);
    assert.ok(performance.now() - startedAt < 10_000, `it took ${performance.now() - startedAt} ms`);
    await end(owner, 'SIGKILL');
    await (await openSqliteStore(directory)).close();
  }),
);

test(
  'of 100 that open it at the same moment exactly one has it',
  withDirectory(async (directory) => {
    const talkers = await Promise.all(Array.from({ length: 10 }, () => opening(directory, 10)));
    for (const { child } of talkers) child.stdin?.write('go\n');
    const said = await Promise.all(talkers.flatMap((talker) => Array.from({ length: 10 }, () => heard(talker))));
    const winners = said.flatMap(({ won }) => won ?? []);
    assert.is(winners.length, 1, `${winners.length} of ${said.length} have it`);
    for (const { lost, message } of said.filter(({ won }) => won === undefined)) {
      assert.is(lost, 'STORE_LOCKED', message);
      // Who gave up before the winner had written down who it is cannot know.
      assert.match(message ?? '', new RegExp(` is in use by (?:process ${winners[0]}|another process);`));
    }
    await Promise.all(talkers.map((talker) => end(talker, 'politely')));
    await (await openSqliteStore(directory)).close();
  }),
);

test(
  'a thread of the same process is refused like another process, and takes no lock away',
  withDirectory(async (directory) => {
    const store = await openSqliteStore(directory);
    for (let n = 0; n < 3; n++) await fails(openSqliteStore(directory), 'STORE_LOCKED', `process ${process.pid}`);
    // A process loses its locks on a file when any of its threads closes that file.
    const other = await opening(directory, 1);
    other.child.stdin?.write('go\n');
    assert.is((await heard(other)).lost, 'STORE_LOCKED');
    await end(other, 'politely');
    await store.close();
  }),
);

requireOrSkip(
  test,
  'one that waits for the lock of a store that is destroyed gets the lock of the next',
  { available: existsSync('/proc/self/fd'), why: 'there is no /proc to see which files a process has open' },
  withDirectory(async (directory) => {
    for (let round = 0; round < 3; round++) {
      const store = await openSqliteStore(directory);
      const next = await opening(directory, 1);
      next.child.stdin?.write('go\n');
      await until(
        () => descriptorsOf(next.child.pid ?? 0).includes(join(directory, 'state.lock')),
        'the other to wait',
      );
      await store.destroy();
      const said = await heard(next);
      // On a busy machine it may have lost its patience; it must not have another lock than is there.
      if (said.lost !== undefined) assert.is(said.lost, 'STORE_LOCKED');
      else await fails(openSqliteStore(directory), 'STORE_LOCKED', `process ${next.child.pid}`, 'connect');
      await end(next, 'politely');
    }
  }),
);

test(
  'one that destroys it and one that opens it never both have it',
  withDirectory(async (directory) => {
    for (let round = 0; round < 10; round++) {
      const store = await openSqliteStore(directory);
      await store.put('a', new Uint8Array(1));
      const [next] = await Promise.all([openWhenFree(directory), store.destroy()]);
      await fails(openSqliteStore(directory), 'STORE_LOCKED');
      assert.is(await next.get('a'), undefined);
      await next.put('b', new Uint8Array(1));
      await next.close();
      const again = await openSqliteStore(directory);
      assert.is((await again.get('b'))?.value.byteLength, 1);
      await again.destroy();
    }
  }),
);

test.run();
