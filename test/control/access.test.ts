import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withOwner } from '../support/owner.ts';
import { requireOrSkip } from '../support/require.ts';
import { withStateHome } from '../support/state-home.ts';

const test = suite('another user of the machine');

const PROGRAM = fileURLToPath(new URL('../../../test/fixtures/control/stranger.mjs', import.meta.url));
const NOBODY = 65_534;
const asRoot = { available: process.geteuid?.() === 0, why: 'only root can be somebody else', isForbidden: true };

type Tried = Readonly<Record<string, number>>;

/** A stranger who tries from now on; `stop` tells what he met with. */
async function stranger(home: string, name: string): Promise<{ stop(): Promise<Tried> }> {
  const child: ChildProcess = fork(PROGRAM, [home, name], { uid: NOBODY, gid: NOBODY, cwd: '/' });
  const exited = once(child, 'exit');
  await once(child, 'message');
  return {
    async stop() {
      child.send('stop');
      const [tried] = (await once(child, 'message')) as [Tried];
      await exited;
      return tried;
    },
  };
}

const done = (tried: Tried): string[] => Object.keys(tried).filter((what) => what.endsWith(' DONE'));

/** Everything in it, with what others may do there. */
const openToOthers = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => (lstatSync(path).mode & 0o077) !== 0);

async function withUmask(mask: number, run: () => Promise<void>): Promise<void> {
  const before = process.umask(mask);
  try {
    await run();
  } finally {
    process.umask(before);
  }
}

for (const host of ['inline', 'process'] as const) {
  requireOrSkip(
    test,
    `gets nothing of an instance (${host}) from before it starts until after it ends, whatever the umask`,
    asRoot,
    withStateHome((home) =>
      withUmask(0, async () => {
        const other = await stranger(home, 'mine');
        for (let round = 0; round < 3; round++) {
          const client = await serve.start({ name: 'mine', host, http: null });
          await client.createBackend('apart', () => 1, { actorOptions: { isolation: 'process' } });
          assert.equal(openToOthers(join(home, 'servelab')), []);
          assert.is(lstatSync(join(home, 'servelab')).mode & 0o777, 0o700);
          await client.shutdown();
        }
        const tried = await other.stop();
        assert.equal(done(tried), [], JSON.stringify(tried));
        for (const what of ['list', 'read', 'write', 'connect']) assert.ok((tried[`${what} EACCES`] ?? 0) > 0, what);
        assert.ok((tried['list ENOENT'] ?? 0) > 0, 'he came before it did');
      }),
    ),
  );
}

requireOrSkip(
  test,
  'would get in if the directories were open: the rig sees it',
  asRoot,
  withStateHome((home) =>
    withUmask(0, () =>
      withOwner(async ({ name }) => {
        const state = join(home, 'servelab', name);
        for (const path of [join(home, 'servelab'), state, join(state, 'control.sock'), join(state, 'lock.pid')]) {
          chmodSync(path, 0o777);
        }
        const tried = await (await stranger(home, name)).stop();
        assert.equal(done(tried).sort(), ['connect DONE', 'list DONE', 'read DONE', 'write DONE']);
      })(),
    ),
  ),
);

test.run();
