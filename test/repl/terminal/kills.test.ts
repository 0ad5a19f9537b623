/** Terminal, session and instance are three processes: what each of them takes along when it is killed, and what not. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../../support/require.ts';
import { command } from '../command-fixture.ts';
import { processGone, Screen, tmux } from '../screen.ts';

const test = suite('kills at the prompt');

interface Pids {
  readonly terminal: number;
  readonly session: number;
  readonly instance: number;
}

let started = 0;

async function withPrompt(work: (screen: Screen, pids: Pids, url: string) => Promise<void>): Promise<void> {
  const screen = await Screen.open([process.execPath, command, '--name', `kills-${++started}`]);
  try {
    const banner = await screen.waitFor(/To leave(?:.|\n)*\n[\w.-]+>\s*$/);
    const url = /HTTP on (\S+)/.exec(banner)?.[1] ?? '';
    await screen.answer("await client.createBackend('hi', () => 'Hi')", /'Hi'\)\n/);
    await screen.answer("await client.createEndpoint('hi', { backend: 'hi', route: '/hi' })", /\}\)\n/);
    const said = await screen.answer(
      '[process.ppid, process.pid, (await client.status()).instance.pid].join()',
      /\n'[\d,]+'\n/,
    );
    const [terminal = 0, session = 0, instance = 0] = (/\n'([\d,]+)'\n/.exec(said)?.[1] ?? '').split(',').map(Number);
    await work(screen, { terminal, session, instance }, url);
  } finally {
    await screen.close();
  }
}

/** Of its sockets, which is its last argument. */
function directoryOf(session: number): string {
  const directory = readFileSync(`/proc/${session}/cmdline`, 'utf8').split('\0').at(-2) ?? '';
  assert.ok(existsSync(directory), directory);
  return directory;
}

const serves = async (url: string): Promise<void> => assert.is(await (await fetch(`${url}/hi`)).text(), 'Hi');

requireOrSkip(test, 'a terminal that is killed leaves nothing behind', tmux, () =>
  withPrompt(async (_, { terminal, session, instance }) => {
    const directory = directoryOf(session);
    process.kill(terminal, 'SIGKILL');
    await processGone(session);
    await processGone(instance);
    assert.not.ok(existsSync(directory), directory);
  }),
);

requireOrSkip(test, 'nor does it when a cell runs that never ends', tmux, () =>
  withPrompt(async (screen, { terminal, session, instance }) => {
    const directory = directoryOf(session);
    await screen.enter("console.log('it ' + 'spins'); while (true) {}");
    await screen.waitFor(/\nit spins\n/);
    process.kill(terminal, 'SIGKILL');
    await processGone(session);
    await processGone(instance);
    assert.not.ok(existsSync(directory), directory);
  }),
);

requireOrSkip(test, 'a session that is killed is begun anew, and the instance serves on', tmux, () =>
  withPrompt(async (screen, { session }, url) => {
    await screen.answer('const mine = 1', /mine = 1\n/);
    process.kill(session, 'SIGKILL');
    await screen.waitFor(/the session was ended by SIGKILL: .* a new session begins/);
    await serves(url);
    await screen.answer('typeof mine', /\n'undefined'\n/);
    await screen.answer('await endpoints.hi()', /\n'Hi'\n/);
  }),
);

requireOrSkip(test, 'so is one that is killed while a cell runs in it', tmux, () =>
  withPrompt(async (screen, { session }, url) => {
    await screen.enter("console.log('loop' + 'ing'); while (true) {}");
    await screen.waitFor(/\nlooping\n/);
    process.kill(session, 'SIGKILL');
    await screen.waitFor(/the session was ended by SIGKILL/);
    await screen.answer('await endpoints.hi()', /\n'Hi'\n/);
    await serves(url);
  }),
);

requireOrSkip(
  test,
  'an instance that is killed leaves the session with all that it has, and a new one begins',
  tmux,
  () =>
    withPrompt(async (screen, { instance }) => {
      await screen.answer('const mine = 41', /mine = 41\n/);
      process.kill(instance, 'SIGKILL');
      await screen.waitFor(/what is defined here is not\n(?:.|\n)*a new one begins, with nothing in it: HTTP on \S+\n/);
      await screen.answer('mine + 1', /\n42\n/);
      await screen.answer('Object.keys((await client.status()).backends)', /\n\[\]\n/);
      await screen.enter(
        "await client.createBackend('hi', ({ data }) => { console.log('asked ' + data); return mine + 2 })",
      );
      await screen.enter("await client.createEndpoint('hi', { backend: 'hi', route: '/hi' })");
      await screen.answer("await endpoints.hi('on' + 'ce')", /\n43\n/);
      await screen.waitFor(/asked once\n/);
      await screen.enter("await endpoints.hi('a' + 'gain')");
      const text = await screen.waitFor(/asked again\n/);
      assert.is(text.match(/asked once\n/g)?.length, 1, 'what backends print is followed by one alone');
    }),
);

requireOrSkip(test, 'an instance that was shut down is not begun anew', tmux, () =>
  withPrompt(async (screen) => {
    await screen.enter('await client.shutdown()');
    await screen.waitFor(/\nkills-\d+ gone> *$/m);
    const text = await screen.answer("'still ' + 'here'", /\n'still here'\n/);
    assert.not.match(text, /a new one begins/);
  }),
);

requireOrSkip(test, 'Ctrl+C three times ends a session that hears of nothing', tmux, () =>
  withPrompt(async (screen, { session }, url) => {
    const deaf =
      "console.log('de' + 'af'); setTimeout(() => { for (let n = 0; n < 1e15; n++); }, 0); await new Promise(() => {})";
    await screen.enter(deaf);
    await screen.waitFor(/\ndeaf\n/);
    await screen.press('C-c');
    await screen.waitFor(/it cannot be stopped where it is/);
    await screen.press('C-c');
    await screen.press('C-c');
    await screen.waitFor(/the session was ended by SIGKILL/);
    await processGone(session);
    await serves(url);
  }),
);

test.run();
