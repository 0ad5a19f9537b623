// Killed before each system call that changes a store: what was acknowledged is there, what was not is whole or absent.
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../support/require.ts';
import { requireAppended } from './changes.ts';
import { withDirectory } from './directory.ts';
import { leftByCrash } from './left-by-crash.ts';
import { rest, startProgram } from './lines-of.ts';
import { countCalls, type Ran, runWithFault, spread, straceNeeded } from './strace.ts';

const test = suite('kills');
const strace = straceNeeded();

/** How many of the points are tried, spread evenly; `all` of them take some minutes. */
const POINTS = process.env.SERVELAB_KILLS ?? '16';

interface Life {
  readonly program: string;
  readonly args: readonly string[];
  /** Makes what the program finds. */
  readonly prepare: (directory: string) => void;
  /** What is wrong with what it leaves, by throwing. */
  readonly check: (directory: string, ran: Ran) => Promise<void>;
}

async function killAtPoints(base: string, life: Life): Promise<void> {
  const whole = join(base, 'whole');
  life.prepare(whole);
  const points = await countCalls(life.program, whole, life.args);
  const chosen = POINTS === 'all' ? points : spread(points, Number(POINTS));
  let killed = 0;
  for (const { call, time } of chosen) {
    const directory = join(base, `${call}-${time}`);
    life.prepare(directory);
    const ran = await runWithFault(life.program, directory, life.args, `${call}:signal=KILL:when=${time}`);
    if (ran.exit[1] === 'SIGKILL') killed++;
    await life.check(directory, ran).catch((error) => {
      throw new Error(`killed at ${call} ${time} of ${points.length} calls: ${error.message}`, { cause: error });
    });
  }
  if (POINTS === 'all') console.log(`${killed} of ${points.length} points`);
  assert.ok(killed > chosen.length * 0.95, `only ${killed} of ${chosen.length} were killed`);
}

async function requireAcknowledged(directory: string, { lines }: Ran): Promise<void> {
  const wrong = lines.filter((line) => /^(refused|warning|failed)/.test(line));
  assert.equal(wrong, []);
  await requireAppended(directory, lines);
  const left = readdirSync(directory).sort();
  assert.equal(left, ['state.copy.sqlite', 'state.lock', 'state.sqlite', 'state.witness']);
}

requireOrSkip(
  test,
  'killed at any call of its life, a store has all that was acknowledged and nothing by halves',
  strace,
  withDirectory((base) =>
    killAtPoints(base, {
      program: 'appending',
      args: ['9'],
      prepare: () => {},
      check: requireAcknowledged,
    }),
  ),
);

requireOrSkip(
  test,
  'killed at any call while its safety copy is put in place, a store is restored all the same',
  strace,
  withDirectory(async (base) => {
    const damaged = join(base, 'damaged');
    await leftByCrash(damaged, { writes: 9, copyAt: 6 });
    const content = readFileSync(join(damaged, 'state.sqlite-wal'));
    writeFileSync(join(damaged, 'state.sqlite-wal'), content.fill(0xa5, 100, 40_000));
    await killAtPoints(base, {
      program: 'restoring',
      args: [],
      prepare: (directory) => {
        cpSync(damaged, directory, { recursive: true });
        chmodSync(directory, 0o700);
      },
      check: async (directory, { lines }) => {
        const next = startProgram('restoring', [directory]);
        const found = await rest(next);
        assert.equal(await next.exit, [0, null]);
        assert.is(found[0], 'keys 6', found.join());
        // It is said again as long as nobody can have heard it, and not after that.
        const heard = lines.some((line) => line.startsWith('keys'));
        if (heard) assert.is(found[1], 'no notice');
      },
    });
  }),
);

requireOrSkip(
  test,
  'a store that acknowledged before it had written would be found out',
  strace,
  withDirectory(async (base) => {
    const found: string[] = [];
    for (const time of [100, 107, 114, 121]) {
      const directory = join(base, String(time));
      const ran = await runWithFault('appending', directory, ['9', 'early'], `pwrite64:signal=KILL:when=${time}`);
      assert.is(ran.exit[1], 'SIGKILL');
      await requireAcknowledged(directory, ran).catch((error: Error) => found.push(error.message));
    }
    assert.match(found.join('\n'), /acknowledged/);
  }),
);

test.run();
