import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { knownInstances } from '../../lib/control/state-directory.ts';
import { mounting, mountNeeded } from '../store/mount.ts';
import { fails } from '../support/instance.ts';
import { withOwner } from '../support/owner.ts';
import { runDirectories } from '../support/processes.ts';
import { requireOrSkip } from '../support/require.ts';
import { withStateHome } from '../support/state-home.ts';

const test = suite('state directory');

const PROGRAM = fileURLToPath(new URL('../../../test/fixtures/control/unfindable.ts', import.meta.url));
const NOBODY = 65_534;
const asRoot = { available: process.geteuid?.() === 0, why: 'only root can be somebody else', isForbidden: true };

/** Each makes the state of instance `mine` unfit, under the home that is given. */
const FAULTS: readonly (readonly [what: string, prepare: (home: string) => void, ...parts: string[]])[] = [
  ['a link in place of all instances', (home) => linkTo(home, join(home, 'servelab')), 'it is a link'],
  ['a link in place of its own', (home) => linkTo(home, join(made(home), 'mine')), 'it is a link'],
  ['a file in place of all instances', (home) => writeFileSync(join(home, 'servelab'), ''), 'it is no directory'],
  ['a file in place of its own', (home) => writeFileSync(join(made(home), 'mine'), ''), 'it is no directory'],
  ['a group that may write', (home) => chmodSync(made(home), 0o770), 'others may write', 'chmod 700'],
  ['everybody may write', (home) => chmodSync(made(home, 'mine'), 0o707), 'others may write', 'chmod 700'],
  ['everybody may replace it', (home) => chmodSync(home, 0o777), 'may put another in its place', 'chmod o-w'],
];

function made(home: string, ...names: string[]): string {
  const path = join(home, 'servelab', ...names);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

function linkTo(home: string, path: string): void {
  mkdirSync(join(home, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(home, 'elsewhere'), path);
}

async function refusesAll(...parts: readonly string[]): Promise<void> {
  for (const host of ['inline', 'process'] as const) {
    await fails(
      serve.start({ name: 'mine', host, http: null }),
      'LISTEN_FAILED',
      'servelab',
      'XDG_STATE_HOME',
      ...parts,
    );
  }
  const [reason = ''] = parts;
  await fails(serve.connect({ name: 'mine' }), 'INSTANCE_NOT_FOUND', "'mine'", reason);
}

for (const [what, prepare, ...parts] of FAULTS) {
  test(
    `${what} is refused by who starts and by who connects`,
    withStateHome(async (home) => {
      prepare(home);
      await refusesAll(...parts);
    }),
  );
}

requireOrSkip(
  test,
  'a directory of somebody else is refused by who starts and by who connects',
  asRoot,
  withStateHome(async (home) => {
    chownSync(made(home), NOBODY, NOBODY);
    await refusesAll(`it belongs to user ${NOBODY}, and this is user 0`);
  }),
);

test(
  'a directory that others may only read is closed to them',
  withStateHome(async (home) => {
    chmodSync(made(home, 'mine'), 0o755);
    chmodSync(made(home), 0o755);
    const client = await serve.start({ name: 'mine', http: null });
    const modes = [made(home), made(home, 'mine')].map((path) => lstatSync(path).mode & 0o777);
    assert.equal(modes, [0o700, 0o700]);
    await client.shutdown();
    assert.equal(knownInstances(), []);
  }),
);

const longHome = join(...Array.from({ length: 3 }, () => 'x'.repeat(90)));
test(
  'a path too long for a socket is no hindrance to anybody, and leaves nothing elsewhere',
  withStateHome(async (home) => {
    await withOwner(async (owner) => {
      const client = await serve.connect({ name: owner.name });
      assert.is(await (await client.getHandle('echo')).remote('far'), 'far');
      assert.is((await client.getHandle('echo', { sync: true })).remote('farther').get(), 'farther');
      assert.ok(existsSync(join(home, 'servelab', owner.name, 'control.sock')));
      await client.close();
    })();
    const hosted = await serve.start({ name: 'n'.repeat(100), host: 'process', http: null });
    assert.is((await hosted.status()).instance.name.length, 100);
    await hosted.shutdown();
    assert.equal(runDirectories(), []);
  }, longHome),
);

test(
  'a path too long for SQLite is refused by name',
  withStateHome(
    async (home) => {
      await fails(
        serve.start({ name: 'mine', host: 'process', http: null }),
        'LISTEN_FAILED',
        `its path has ${Buffer.byteLength(join(home, 'servelab', 'mine'))} bytes`,
        'XDG_STATE_HOME',
      );
      await runsUnfound(home, /its path has \d+ bytes/);
    },
    join(longHome, longHome),
  ),
);

/** What the program says of its start, and what it printed on stderr when it has ended. */
async function startedIn(home: string, uid = process.geteuid?.() ?? 0): Promise<{ child: ChildProcess; said: Said }> {
  const child = fork(PROGRAM, ['mine'], {
    uid,
    gid: uid,
    cwd: '/',
    env: { ...process.env, XDG_STATE_HOME: home },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const [said] = (await once(child, 'message')) as [Said];
  return { child, said };
}

interface Said {
  readonly heard?: readonly string[];
  readonly code?: string;
  readonly message?: string;
}

const HEARD = ['by handle', 'by HTTP', 'mine'];

/** Two of one name run, each told that nobody else can know, and end in good order. */
async function runsUnfound(home: string, reason: RegExp, uid?: number): Promise<void> {
  const programs = [await startedIn(home, uid), await startedIn(home, uid)];
  for (const { child, said } of programs) {
    assert.equal(said.heard, HEARD, said.message);
    child.send('end');
    const { stderr } = child;
    const printed = stderr ? await text(stderr) : '';
    assert.match(
      printed,
      /^servelab: instance 'mine': it runs, but other processes cannot find it, nor is its name kept from them: /,
    );
    assert.match(printed, reason);
    assert.match(printed, 'set XDG_STATE_HOME');
    assert.is(printed.trim().split('\n').length, 1, printed);
  }
}

test(
  'where no directory can be made an inline instance runs unfound and says so; a host of its own does not start',
  withStateHome(async (home) => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    process.env.XDG_STATE_HOME = file;
    await fails(
      serve.start({ name: 'mine', host: 'process', http: null }),
      'LISTEN_FAILED',
      'EEXIST',
      'XDG_STATE_HOME',
    );
    await fails(serve.connect({ name: 'mine' }), 'INSTANCE_NOT_FOUND');
    await runsUnfound(file, /EEXIST/);
  }),
);

test(
  'a start that fails leaves nothing behind',
  withStateHome(async (home) => {
    for (const host of ['inline', 'process'] as const) {
      await fails(serve.start({ name: 'mine', host, http: { host: '203.0.113.1', port: 0 } }), 'LISTEN_FAILED');
      assert.equal(readdirSync(join(home, 'servelab')), []);
    }
  }),
);

test(
  'a log that cannot be written is told to who starts a host of its own, with nothing begun',
  withStateHome(async (home) => {
    const log = join(made(home, 'mine'), 'log');
    const start = (detached: boolean) => serve.start({ name: 'mine', host: 'process', detached, http: null });
    mkdirSync(log);
    for (const detached of [false, true]) {
      const error = await fails(start(detached), 'LISTEN_FAILED', "'mine'", log, 'EISDIR', 'a file', 'move that away');
      assert.is((error.cause as NodeJS.ErrnoException).code, 'EISDIR');
    }
    assert.equal(readdirSync(made(home, 'mine')), ['log']);
    rmSync(log, { recursive: true });
    await (await start(false)).shutdown();
  }),
);

test(
  'so is a log that cannot be reached, with what to do about it',
  withStateHome(async (home) => {
    const log = join(made(home, 'mine'), 'log');
    symlinkSync(log, log);
    const start = () => serve.start({ name: 'mine', host: 'process', http: null });
    await fails(start(), 'LISTEN_FAILED', log, 'ELOOP', 'chmod 600');
    rmSync(log);
    await (await start()).shutdown();
  }),
);

test(
  'an inline instance whose process ends without a shutdown leaves nothing behind',
  withStateHome(async (home) => {
    const { child, said } = await startedIn(home);
    assert.equal(said.heard, HEARD);
    assert.equal(knownInstances(), ['mine']);
    child.send('exit');
    await once(child, 'exit');
    assert.equal(readdirSync(join(home, 'servelab')), []);
  }),
);

requireOrSkip(
  test,
  'so it does in a directory that its user may not write in',
  asRoot,
  withStateHome(async (home) => {
    chmodSync(made(home), 0o755);
    chmodSync(home, 0o755);
    await runsUnfound(join(home, 'servelab'), /EACCES/, NOBODY);
    assert.equal(readdirSync(join(home, 'servelab')), []);
  }),
);

requireOrSkip(
  test,
  'so it does on a disk that can only be read, in a directory that was made before',
  mountNeeded(),
  mounting(['-t', 'tmpfs', '-o', 'size=2m,mode=755', 'tmpfs'], async (mount, remount) => {
    mkdirSync(join(mount, 'servelab', 'mine'), { recursive: true, mode: 0o700 });
    remount('ro');
    process.env.XDG_STATE_HOME = mount;
    await fails(serve.start({ name: 'mine', host: 'process', http: null }), 'LISTEN_FAILED', 'EROFS', 'XDG_STATE_HOME');
    await runsUnfound(mount, /EROFS/);
  }),
);

test.run();
