// A disk that is full, fails, may not be written or is slow: nothing acknowledged is lost, and it goes on afterwards.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';
import { codeOf, fails } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';
import { lastOf, requireAppended } from './changes.ts';
import { withDirectory } from './directory.ts';
import { mounting, mountNeeded } from './mount.ts';
import { type CallPoint, countCalls, runWithFault, spread, straceNeeded } from './strace.ts';

const test = suite('disk-faults');
const strace = straceNeeded();
/** How many calls of a life fail in turn; `all` of them take some minutes. */
const POINTS = process.env.SERVELAB_DISK_FAULTS ?? '4';

const CODES: Readonly<Record<string, string>> = { EIO: 'STORE_FAILED', ENOSPC: 'STORE_FULL', EROFS: 'STORE_FAILED' };

/** Among the calls that write or flush: half of them those on the log, where a change is refused. */
async function chosenPoints(base: string): Promise<CallPoint[]> {
  const calls = await countCalls('appending', join(base, 'whole'), ['9']);
  const points = calls.filter(({ call }) => call === 'pwrite64' || call === 'fsync' || call === 'fdatasync');
  if (POINTS === 'all') return points;
  const onLog = points.filter(({ path }) => path.endsWith('-wal'));
  assert.ok(onLog.length > 50, `${onLog.length} calls on the log`);
  return [...new Set([...spread(onLog, Number(POINTS) / 2), ...spread(points, Number(POINTS) / 2)])];
}

for (const [errno, code] of Object.entries(CODES)) {
  for (const [which, when] of [
    ['once', ''],
    ['from then on', '+'],
  ]) {
    requireOrSkip(
      test,
      `when a call fails by ${errno} ${which}, what is acknowledged is there and what is refused is not`,
      strace,
      withDirectory(async (base) => {
        const points = await chosenPoints(base);
        let refusals = 0;
        for (const { call, time } of points) {
          const directory = join(base, `${call}-${time}`);
          const fault = `${call}:error=${errno}:when=${time}${when}`;
          const { lines, exit } = await runWithFault('appending', directory, ['9', 'kill-when-refused'], fault);
          const refused = lines.filter((line) => /^(refused|failed)/.test(line)).map((line) => line.split(' ').at(-1));
          // An fsync that finds no room is told as the failure that it is.
          const expected = call === 'pwrite64' ? [code] : ['STORE_FAILED', code];
          assert.ok(
            refused.every((found) => expected.includes(found ?? '')),
            `${fault}: ${lines.join()}`,
          );
          assert.equal(exit, lastOf(lines, 'refused') > 0 ? [null, 'SIGKILL'] : [0, null], fault);
          refusals += refused.length;
          const newest = await requireAppended(directory, lines);
          assert.is(newest, lastOf(lines, 'acked'), `${fault}: ${lines.join()}, and ${newest} is there`);
        }
        assert.ok(refusals > 0, 'no fault was ever noticed');
      }),
    );
  }
}

requireOrSkip(
  test,
  'a disk that failed once is written again without opening anew',
  strace,
  withDirectory(async (base) => {
    let refusals = 0;
    for (const { call, time } of await chosenPoints(base)) {
      const directory = join(base, `${call}-${time}`);
      const fault = `${call}:error=${call === 'pwrite64' && time % 2 === 0 ? 'ENOSPC' : 'EIO'}:when=${time}`;
      const { lines, exit } = await runWithFault('appending', directory, ['9'], fault);
      assert.equal(exit, [0, null], `${fault}: ${lines.join()}`);
      const isOpened = !lines.some((line) => line.startsWith('failed'));
      const refused = lines.filter((line) => line.startsWith('refused')).length;
      refusals += refused;
      assert.ok(refused <= 1, `${fault}: ${lines.join()}`);
      assert.is(await requireAppended(directory, lines), isOpened ? 9 - refused : 0, `${fault}: ${lines.join()}`);
    }
    assert.ok(refusals > 0, 'no fault was ever noticed');
  }),
);

requireOrSkip(
  test,
  'a disk that takes two seconds to flush holds up the change, and nothing else in the process',
  strace,
  withDirectory(async (directory) => {
    const { lines, exit } = await runWithFault('slow', directory, [], 'fsync:delay_enter=2000000:when=18');
    assert.equal(exit, [0, null]);
    const [putMs = 0, longestMs = 0] = lines.map(Number);
    assert.ok(putMs >= 2_000, `the put took ${putMs} ms: no flush was slow`);
    assert.ok(longestMs < 1_000, `the event loop stood still for ${longestMs} ms`);
  }),
);

requireOrSkip(
  test,
  'on a full disk a change is refused, what was acknowledged is there, and it goes on when there is room',
  mountNeeded(),
  mounting(['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs'], async (mount) => {
    const directory = join(mount, 'state');
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(mount, 'other'), new Uint8Array(500_000));
    const warnings: string[] = [];
    let store = await openSqliteStore(directory, { onWarning: (message) => warnings.push(message) });
    let acked = 0;
    let failure: unknown;
    while (failure === undefined) {
      failure = await store.put(`key.${acked}`, new Uint8Array(20_000).fill(acked)).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) acked++;
    }
    assert.is(codeOf(failure), 'STORE_FULL', String(failure));
    assert.match(String(failure), /disk is full.*make room/);
    assert.ok(acked > 5, `only ${acked} fitted`);
    await fails(store.blobs.put(new Uint8Array(1_500_000)), 'STORE_FULL');
    const requireAll = async (): Promise<void> => {
      for (let n = 0; n < acked; n++) {
        assert.is((await store.get(`key.${n}`))?.value[19_999], n);
      }
      assert.is(await store.get(`key.${acked}`), undefined);
    };
    await requireAll();
    rmSync(join(mount, 'other'));
    await store.put('after', new Uint8Array(20_000));
    await requireAll();
    await store.close();
    store = await openSqliteStore(directory);
    assert.is(store.notice, null);
    await requireAll();
    assert.is((await store.get('after'))?.value.byteLength, 20_000);
    await store.close();
    assert.ok(
      warnings.every((warning) => warning.includes('no safety copy was made')),
      warnings.join(),
    );
  }),
);

requireOrSkip(
  test,
  'a directory that may only be read is refused with the reason, and nothing is changed',
  mountNeeded(),
  mounting(['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs'], async (mount, remount) => {
    const directory = join(mount, 'state');
    const store = await openSqliteStore(directory);
    await store.put('a', new Uint8Array([1]));
    await store.close();
    remount('ro');
    await fails(openSqliteStore(directory), 'STORE_FAILED', 'read-only');
    remount('rw');
    const again = await openSqliteStore(directory);
    assert.equal((await again.get('a'))?.value, new Uint8Array([1]));
    await again.close();
  }),
);

test(
  'a place where no directory can be made is refused with the reason',
  withDirectory(async (base) => {
    writeFileSync(join(base, 'file'), '');
    await fails(openSqliteStore(join(base, 'file', 'state')), 'STORE_FAILED', 'ENOTDIR');
  }),
);

test.run();
