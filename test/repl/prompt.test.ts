import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../support/require.ts';
import { command } from './command-fixture.ts';
import { processGone, Screen, tmux } from './screen.ts';

interface Opened {
  readonly screen: Screen;
  readonly banner: string;
  readonly url: string;
}

const test = suite('prompt');

let shared: Opened | null = null;
let numStarted = 0;

requireOrSkip(test, 'the banner says where HTTP listens, what to type and how to leave', tmux, async () => {
  const { banner, url } = await open();
  assert.match(banner, /^\s*servelab \d+\.\d+\.\d+, HTTP on http:\/\/127\.0\.0\.1:80\d\d\n/);
  assert.ok(banner.includes(`curl '${url}/`), banner);
  assert.match(banner, /\.exit or Ctrl\+D/);
  const tooLong = banner.split('\n').filter((line) => line.length > 80);
  assert.equal(tooLong, []);
});

requireOrSkip(test, "the banner's own lines serve the banner's own curl, pasted together", tmux, async () => {
  const { screen, banner } = await open();
  const lines = [...banner.matchAll(/^ {2}(await .*)$/gm)].map(([, line = '']) => line);
  assert.is(lines.length, 2);
  await screen.answer(lines, /createBackend.*\n(?:\S+> )?await client\.createEndpoint.*\n\S+>/);
  const [, curled = ''] = /curl '(.*)'/.exec(banner) ?? [];
  assert.is(await (await fetch(curled)).text(), 'Hi Ada\n');
});

requireOrSkip(test, 'an awaited result is shown', tmux, async () => {
  const { screen } = await open();
  await screen.answer("await Promise.resolve({ answer: 6 * 7, of: 'all' })", /\n\{ answer: 42, of: 'all' \}\n/);
});

requireOrSkip(test, 'a TypeScript function over several lines serves, and its error names its line', tmux, async () => {
  const { screen } = await open();
  const lines = ['const score = (request: serve.ServeRequest): number => {', "throw new RangeError('too low');", '}'];
  await screen.answer(lines, /\}\n/);
  await screen.answer("await client.createBackend('score', score)", /score\)\n/);
  await screen.answer("await client.createEndpoint('score', { backend: 'score' })", /\}\)\n/);
  const said = await screen.answer("await (await client.getHandle('score')).remote(3)", /Uncaught/);
  assert.match(said, /\nUncaught BACKEND_ERROR .*RangeError: too low\n/);
  assert.match(said, /\n {2}\[cause\]: RangeError: too low\n {4}at score \(cell-\d+\.ts:2:7\)\n/);
  assert.not.match(said, /dist\/lib|node:/);
});

requireOrSkip(test, 'an error of the toolkit is its code and message, and where the user called', tmux, async () => {
  const { screen } = await open();
  const lines = ['async function wrong() {', "await client.createEndpoint('x', { backend: 'nope' });", '}'];
  await screen.answer(lines, /\}\n/);
  const said = await screen.answer('await wrong()', /Uncaught/);
  assert.match(
    said,
    /\nUncaught BACKEND_NOT_FOUND there is no backend 'nope'.*\n {4}at async wrong \(cell-\d+\.ts:2:1\)\n/,
  );
  assert.not.match(said, /dist\/lib|node:/);
});

requireOrSkip(test, 'a mistake in what was typed is said, and the next line is new', tmux, async () => {
  const { screen } = await open();
  await screen.answer('const x: number = = 3', /Uncaught cell-\d+\.ts:1:19\n.*\n +\^\n\nSyntaxError/);
  await screen.answer('enum Colour { Red }', /enum.*as const/s);
  await screen.answer("'still ' + 'here'", /\n'still here'\n/);
});

requireOrSkip(test, '.clear clears the screen, and keeps what there is', tmux, async () => {
  const { screen, url } = await open();
  await screen.enter('.clear');
  await screen.waitFor(/^\s*\S+>\s*$/);
  const said = await screen.answer('[typeof serve.start, client.http.url]', /function/);
  assert.ok(said.includes(`[ 'function', '${url}' ]`), said);
});

requireOrSkip(test, 'what is thrown later, in a promise or outside of the prompt, ends nothing', tmux, async () => {
  const { screen, url } = await open();
  const late = (message: string): string => `setTimeout(() => { throw new Error('${message}') }, 1); 0`;
  await screen.answer(late('one' + ' late'), /Uncaught Error: one late\n/);
  await screen.answer("Promise.reject(new Error('two')); 0", /Uncaught Error: two\n/);
  await screen.answer('throw null', /Uncaught null\n/);
  assert.is((await fetch(`${url}/-/healthz`)).status, 200);
});

requireOrSkip(test, 'Ctrl+C ends a loop, a wait and an unfinished line, and not the prompt', tmux, async () => {
  const { screen } = await open();
  await screen.enter("console.log('loop' + 'ing'); while (true) {}");
  await screen.waitFor(/\nlooping\n/);
  await screen.press('C-c');
  await screen.waitFor(/\nlooping\ninterrupted\n/);
  await screen.enter("console.log('wait' + 'ing'); await new Promise(() => {})");
  await screen.waitFor(/\nwaiting\n/);
  await screen.press('C-c');
  await screen.waitFor(/\nwaiting\ninterrupted\n/);
  await screen.enter("await null; console.log('turn' + 'ing'); while (true) {}");
  await screen.waitFor(/\nturning\n/);
  await screen.press('C-c');
  await screen.waitFor(/\nturning\ninterrupted\n/);
  await screen.enter('const half = (');
  await screen.waitFor(/const half = \(\n[|.]/);
  await screen.press('C-c');
  await screen.answer("'good ' + 'as new'", /\n'good as new'\n/);
});

requireOrSkip(test, 'more Ctrl+C than it takes to interrupt a cell end nothing', tmux, async () => {
  const { screen } = await open();
  await screen.answer("const kept = 'still here'", /still here'\n/);
  await screen.enter("console.log('spin' + 'ning'); while (true) {}", "console.log('typed ' + 'meanwhile')");
  await screen.waitFor(/\nspinning\n/);
  await screen.press('C-c');
  await screen.waitFor(/1 more, typed meanwhile, not run\ninterrupted\n/);
  for (const times of [1, 2]) {
    await screen.press('C-c');
    await screen.waitFor(new RegExp(`(?:nothing runs any more\n[^]*){${times}}`));
  }
  const text = await screen.answer('kept', /\n'still here'\n/);
  assert.not.match(text, /typed meanwhile\n/);
});

requireOrSkip(test, 'what is pasted is one cell, also where its lines could be some', tmux, async () => {
  const { screen } = await open();
  await screen.paste('const pasted = [1, 2, 3]', '  .map((v) => v * 2)', '  .filter((v) => v > 2)', '');
  await screen.answer("pasted.join(' and ')", /\n'4 and 6'\n/);
  await screen.paste('if (pasted.length > 5) {', "  'many'", '}', 'else {', "  'f' + 'ew'", '}', '');
  await screen.waitFor(/\n'few'\n/);
  await screen.paste('', "const last = 'last ' + 'one'", 'last');
  await screen.press('Enter');
  await screen.waitFor(/\n'last one'\n/);
  await screen.paste('const told = 11', '.time told * 3', '');
  await screen.waitFor(/\n33\n/);
});

requireOrSkip(test, 'thousands of lines are remembered, and found from one prompt to the next', tmux, async () => {
  const lines = Array.from({ length: 60 }, (_, n) => `${n} + 1000`);
  const { screen: before } = await start();
  try {
    for (const line of lines) await before.enter(line);
    await before.waitFor(/\n1059\n/);
    await before.press('C-d');
    assert.is(await before.exitCode(), 0);
  } finally {
    await before.close();
  }
  const { screen: after } = await start();
  try {
    await after.press('C-r');
    await after.type('0 + 1000');
    await after.waitFor(/0 \+ 1000/);
    for (let n = 0; n < 5; n++) await after.press('C-r');
    await after.press('Enter');
    await after.waitFor(/\n1000\n/);
  } finally {
    await after.close();
  }
});

for (const keys of [['C-c', 'C-c'], ['C-d'], ['.exit', 'Enter']]) {
  requireOrSkip(test, `${keys.join(' ')} ends the prompt, the instance and the process`, tmux, async () => {
    const { screen } = await start();
    try {
      const pid = await pidOf(screen);
      await screen.answer('setInterval(() => {}, 1000); 0', /\n0\n/);
      for (const key of keys) await screen.press(key);
      assert.is(await screen.exitCode(), 0);
      await processGone(pid);
    } finally {
      await screen.close();
    }
  });
}

requireOrSkip(test, 'a terminal that goes away ends the process, a loop in it too', tmux, async () => {
  const { screen } = await start();
  const pid = await pidOf(screen);
  await screen.enter("console.log('loop' + 'ing'); for (;;) await null");
  await screen.waitFor(/\nlooping\n/);
  await screen.close();
  await processGone(pid);
});

requireOrSkip(test, 'SIGTERM ends all of it, with 143', tmux, async () => {
  const { screen } = await start();
  try {
    process.kill(await pidOf(screen), 'SIGTERM');
    assert.is(await screen.exitCode(), 143);
  } finally {
    await screen.close();
  }
});

requireOrSkip(test, 'where port 8000 is taken it says and uses the next free one', tmux, async () => {
  const taken = createServer();
  // When another program has it already, that is as good.
  await new Promise((resolve) => taken.once('error', resolve).listen(8000, '127.0.0.1', () => resolve(null)));
  const { screen, url } = await start();
  try {
    assert.ok(Number(new URL(url).port) > 8000, url);
    assert.is((await fetch(`${url}/-/healthz`)).status, 200);
  } finally {
    await screen.close();
    taken.close();
  }
});

test.after(() => shared?.screen.close());
test.run();

/** The prompt that the tests share which leave it as it was. */
async function open(): Promise<Opened> {
  shared ??= await start();
  return shared;
}

async function start(): Promise<Opened> {
  // Several at once: each has an instance of its own.
  const screen = await Screen.open([process.execPath, command, '--name', `prompt-${++numStarted}`]);
  try {
    const banner = await screen.waitFor(/To leave(?:.|\n)*\n[\w.-]+>\s*$/);
    return { screen, banner, url: /HTTP on (\S+)/.exec(banner)?.[1] ?? '' };
  } catch (error) {
    await screen.close();
    throw error;
  }
}

async function pidOf(screen: Screen): Promise<number> {
  return Number(/\n(\d+)\n/.exec(await screen.answer('process.ppid', /\n\d+\n/))?.[1]);
}
