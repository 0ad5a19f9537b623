import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../../support/require.ts';
import { command } from '../command-fixture.ts';
import { Screen, tmux } from '../screen.ts';

const test = suite('commands at a terminal');

let shared: Screen | null = null;

/** The prompt that the tests share. */
async function open(): Promise<Screen> {
  shared ??= await Screen.open([process.execPath, command, '--name', 'terminal-commands']);
  await shared.waitFor(/\nterminal-commands> *$/m);
  return shared;
}

test.after(() => shared?.close());

requireOrSkip(test, 'a command that there is not is told from the nearest', tmux, async () => {
  const screen = await open();
  await screen.enter('.trafic x');
  await screen.waitFor(/INVALID_ARGUMENT there is no command '\.trafic'; did you mean \.traffic\?/);
  assert.not.match(await screen.read(), /Invalid REPL keyword/);
});

requireOrSkip(test, 'a line that begins with a dot goes on with what was typed before', tmux, async () => {
  const screen = await open();
  await screen.enter('(', '[1, 2, 4000]', '.length', '+ 39)');
  await screen.waitFor(/\n42\n/);
});

requireOrSkip(test, 'a load is redrawn in its place, and Ctrl+C ends it with what it has', tmux, async () => {
  const screen = await open();
  await screen.enter("await client.createBackend('m', () => 1)", "await client.createEndpoint('e', { backend: 'm' })");
  await screen.enter('.load e --rps 20 --for 10m');
  // Three states at least have been in the same place.
  await screen.waitFor(/sent [1-9]\d .*\n(?:.*\n)*p95, by the quarter/);
  const text = await screen.read();
  assert.is(text.split('p95, by the quarter').length, 2, text);
  await screen.press('C-c');
  const ended = await screen.waitFor(/e: \d+ sent at 20\.0\/s in .* \(ended early\)\n[\s\S]*terminal-commands>\s*$/);
  assert.is(ended.split('p95, by the quarter').length, 2, ended);
  assert.match(ended, /\ne: \d+ sent\np95, by the quarter/);
});

requireOrSkip(test, 'the prompt follows to another instance', tmux, async () => {
  const screen = await open();
  const other = await serve.start({ name: 'terminal-other', host: 'process', http: null });
  try {
    await screen.enter('.attach terminal-other');
    await screen.waitFor(/\nterminal-other> *$/m);
    await screen.enter('.attach terminal-commands');
    await screen.waitFor(/those of instance 'terminal-commands' now\n(?:.*\n)*terminal-commands> *$/m);
  } finally {
    await other.shutdown();
  }
});

test.run();
