/** Keys that write commands, and keys about what is outside the screen. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { withStateHome } from '../../support/state-home.ts';
import { STARTED } from '../fixture.ts';
import type { KeyCase } from '../key-case.ts';
import { onScreen } from '../on-screen.ts';
import type { KeyTest } from './keys-of-views.ts';

const SUMMARIZE = { ui: { selected: { overview: 'summarize' } }, from: /▌summarize/ };
const DEAD = { ui: { view: 'replicas', selected: { replicas: 'resnet:v2#2' } }, from: /▌✖ DEAD +resnet:v2#2/ } as const;

/** The terminal is given away for a while, and taken back. */
const AWAY = ['alternate', 'normal', 'alternate'];

const showsLogInPager: KeyTest = (bytes) =>
  withStateHome(async (home) => {
    const state = join(home, 'servelab', 'default');
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'log'), 'all that was printed\n');
    const copy = join(home, 'paged');
    const before = process.env.PAGER;
    process.env.PAGER = `${process.execPath} -e fs.copyFileSync(process.argv[1],'${copy}')`;
    try {
      await onScreen(async ({ terminal }) => {
        await terminal.shows(/LIVE/);
        terminal.type(bytes);
        await terminal.shows(() => existsSync(copy) && terminal.screens.length === AWAY.length);
        assert.equal(terminal.screens, AWAY);
        assert.is(readFileSync(copy, 'utf8'), 'all that was printed\n');
        terminal.type('2');
        await terminal.shows(/LIVE[\s\S]*─ Replicas ─/);
      })();
    } finally {
      if (before === undefined) delete process.env.PAGER;
      else process.env.PAGER = before;
    }
  });

const writesSnapshot: KeyTest = (bytes) => async () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'servelab-snapshot-'));
  process.chdir(folder);
  try {
    await onScreen(async ({ terminal, instance }) => {
      await terminal.shows(/▌classify/);
      terminal.type(bytes);
      await terminal.shows(/written: /);
      const [screen = '', numbers = '', ...others] = readdirSync(folder).sort();
      assert.equal([screen.replace(/\.ansi$/, '.json'), others], [numbers, []]);
      assert.match(numbers, /^servelab-default-.*\.json$/);
      assert.equal(JSON.parse(readFileSync(numbers, 'utf8')), JSON.parse(JSON.stringify(instance.status)));
      assert.match(readFileSync(screen, 'utf8'), /LIVE[\s\S]*classify/);
    })();
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
};

/**
 * Nothing stops here: the signal would stop whatever runs this test, too. That a shell takes over and `fg` comes back
 * is tested in `top-screen.test.ts`.
 */
const suspends: KeyTest = (bytes) => async () => {
  const { kill } = process;
  await onScreen(async ({ terminal }) => {
    const stopped: unknown[] = [];
    process.kill = (...signal) => {
      stopped.push({ signal, isRaw: terminal.keyboard.isRaw });
      return true;
    };
    try {
      await terminal.shows(/LIVE/);
      terminal.type(bytes);
      await terminal.shows(() => terminal.screens.length === AWAY.length);
    } finally {
      process.kill = kill;
    }
    // All that was started along with it, once the terminal was given back.
    assert.equal(stopped, [{ signal: [0, 'SIGTSTP'], isRaw: false }]);
    assert.equal(terminal.screens, AWAY);
    terminal.type('2');
    await terminal.shows(/LIVE[\s\S]*─ Replicas ─/);
    assert.is(terminal.keyboard.isRaw, true);
  })();
};

export const CHANGE_KEYS: Readonly<Record<string, readonly (KeyCase | KeyTest)[]>> = {
  t: [
    { to: /:traffic classify resnet:v1=80 resnet:v2=20 / },
    { ...SUMMARIZE, to: /:traffic summarize bart:v4=100 / },
    {
      ...{ followedBy: '\x17\x17v2=100\ry', to: /done, revision 8/ },
      calls: ['setTraffic "classify" {"resnet:v2":1}'],
    },
  ],
  s: [
    { ...SUMMARIZE, to: /:scale bart:v4 2 / },
    { ...DEAD, to: /:scale resnet:v2 2 / },
    {
      ...{ ...SUMMARIZE, followedBy: '\x7f3\r', to: /done, revision 8/ },
      calls: ['updateBackendConfig "bart:v4" {"numReplicas":3}'],
    },
  ],
  m: [
    { to: /:shadow classify / },
    {
      ...{ followedBy: 'bart:v4 50%\r', to: /done, revision 8/ },
      calls: ['shadowTraffic "classify" "bart:v4" 0.5'],
    },
  ],
  c: [
    { ...DEAD, to: /:config resnet:v2 / },
    {
      ...{ ...DEAD, followedBy: 'maxBatchSize=4\ry', to: /done, revision 8/ },
      calls: ['updateBackendConfig "resnet:v2" {"maxBatchSize":4}'],
    },
  ],
  D: [
    { to: /:delete endpoint classify / },
    { ...DEAD, to: /:delete backend resnet:v2 / },
    { followedBy: '\rclassify\r', to: /done, revision 8/, calls: ['deleteEndpoint "classify"'] },
    { ...DEAD, followedBy: '\r', to: /resnet:v2 is used by classify: take it out/ },
  ],
  u: [
    {
      ...{ typed: ':scale bart:v4 3\r', from: /revision 8 - u takes it back/ },
      ...{ to: /client\.rollback\(7\)/, calls: ['updateBackendConfig "bart:v4" {"numReplicas":3}'] },
    },
    {
      ...{
        ui: { undoables: [{ at: 7, back: 6, summary: 'scale', startedAt: STARTED }] },
        followedBy: 'y',
        to: /take back: scale: done, revision 8/,
      },
      calls: ['rollback 6'],
    },
  ],
  ':': [{ to: /─ Command ─[\s\S]*scale <backend> <replicas>/ }, { followedBy: 'sc\tb\t5', to: /:scale bart:v4 5 / }],

  '?': [{ to: /─ Keys ─/ }, { typed: '2', from: /STATE/, to: /─ Keys ─/ }],
  y: [
    { to: ({ terminal }) => terminal.clipboard === 'classify' },
    { ...DEAD, to: ({ terminal }) => terminal.clipboard === 'resnet:v2#2' },
    { ...SUMMARIZE, to: /copied: summarize/ },
  ],
  w: [writesSnapshot],
  M: [
    { to: ({ terminal }) => terminal.isMouseOn },
    { ui: { isMouseOn: true }, to: ({ terminal }) => !terminal.isMouseOn },
  ],
  L: [showsLogInPager],
  'ctrl+z': [suspends],
};
