/** `servelab top` and `.top` on a real terminal. */
import { constants } from 'node:os';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { command } from '../repl/command-fixture.ts';
import { Screen, tmux } from '../repl/screen.ts';
import { withInstance } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';

const test = suite('top on a screen');

/** Of tmux: the shell's own screen, a cursor, no mouse. */
const PLAIN = { alternate_on: '0', cursor_flag: '1', mouse_any_flag: '0' };

const BASH = ['bash', '--norc', '--noprofile', '-i'];

/** A shell, as Ctrl+Z needs one, with what a test types. */
async function inShell(run: (screen: Screen) => Promise<void>): Promise<void> {
  const screen = await Screen.open(BASH);
  try {
    await screen.waitFor(/[$#] *$/m);
    await run(screen);
  } finally {
    await screen.close();
  }
}

const top = (name: string): string => `NODE_ENV= ${process.execPath} ${command} top --name ${name}`;

const withTop = (run: (screen: Screen, client: serve.Client, url: string) => Promise<void>): (() => Promise<void>) =>
  withInstance(async (client, url) => {
    await client.createBackend('echo:v1', () => 'one');
    await client.createBackend('echo:v2', () => 'two');
    await client.createEndpoint('echo', { backend: 'echo:v1', route: '/echo' });
    const { name } = (await client.status()).instance;
    await inShell(async (screen) => {
      await screen.enter(top(name));
      await screen.waitFor(/● LIVE/);
      await run(screen, client, url);
    });
  });

requireOrSkip(test, 'q gives the terminal back as it was', tmux, async () => {
  await withTop(async (screen) => {
    await screen.waitFor(/echo:v1 100%/);
    await screen.press('q');
    await screen.waitFor(/[$#] *$/m);
    await screen.enter('stty -a | grep -o -- "-*icanon"; echo code $?');
    const text = await screen.waitFor(/code 0/);
    assert.match(text, /^icanon$/m);
    assert.not.match(text, /LIVE/);
  })();
});

requireOrSkip(test, 'a split that is changed by the palette is what HTTP callers meet', tmux, async () => {
  await withTop(async (screen, _, url) => {
    assert.is(await (await fetch(`${url}/echo`)).text(), 'one');
    await screen.type(':traffic echo v2=100');
    await screen.waitFor(/setTraffic\('echo', \{ 'echo:v2': 1 \}\)/);
    await screen.press('Enter');
    await screen.waitFor(/y does it/);
    await screen.type('y');
    await screen.waitFor(/done, revision 4/);
    assert.is(await (await fetch(`${url}/echo`)).text(), 'two');
    await screen.waitFor(/echo:v2 100%/);
  })();
});

requireOrSkip(test, 'the size of the terminal is that of the screen, and what is typed filters it', tmux, async () => {
  await withTop(async (screen) => {
    await screen.resize(130, 40);
    await screen.waitFor(/╭─ Endpoints ─.*╮╭─ Latency echo/);
    await screen.resize(50, 12);
    await screen.waitFor(/50x12: 60x14 shows more/);
    await screen.resize(80, 24);
    await screen.waitFor(/╭─ Endpoints ─/);
    await screen.type('2/v2');
    const filtered = await screen.waitFor(/╭─ Replicas ─+ \/v2 {2}1 \(2 in all\) ─╮/);
    assert.match(filtered, /RUNNING {2}echo:v2#1/);
    assert.not.match(filtered, /echo:v1#1/);
    await screen.press('Escape');
    await screen.waitFor(/echo:v1#1/);
  })();
});

requireOrSkip(test, 'Ctrl+Z goes to the shell, and fg comes back', tmux, async () => {
  await withTop(async (screen) => {
    await screen.press('C-z');
    await screen.waitFor(/Stopped/);
    await screen.waitForModes(PLAIN);
    await screen.enter('echo in the $((40 + 2))');
    await screen.waitFor(/in the 42/);
    await screen.enter('fg');
    await screen.waitFor(/● LIVE[\s\S]*Endpoints/);
    await screen.type('2');
    await screen.waitFor(/STATE/);
  })();
});

for (const signal of ['TERM', 'HUP', 'INT'] as const) {
  requireOrSkip(test, `SIG${signal} ends it, and the terminal is as it was`, tmux, async () => {
    await withTop(async (screen) => {
      await screen.type('M');
      await screen.waitForModes({ ...PLAIN, alternate_on: '1', cursor_flag: '0', mouse_any_flag: '1' });
      process.kill(await screen.foreground(), `SIG${signal}`);
      await screen.waitForModes(PLAIN);
      await screen.enter('echo code $?');
      await screen.waitFor(new RegExp(`code ${128 + constants.signals[`SIG${signal}`]}`));
    })();
  });
}

requireOrSkip(test, 'SIGTERM ends it, also after charts were drawn, and leaves a clean terminal', tmux, async () => {
  await withTop(async (screen) => {
    await screen.type('4');
    await screen.waitFor(/Histogram/);
    await screen.press('C-z');
    await screen.waitFor(/Stopped/);
    await screen.enter('kill -TERM %1; fg');
    await screen.waitFor(/Terminated|[$#] *$/);
    await screen.enter('echo code $?; stty -a | grep -o -- "-*icanon"');
    const text = await screen.waitFor(/code \d+\n-*icanon/);
    assert.match(text, /code 143\nicanon/);
  })();
});

requireOrSkip(test, 'when the instance ends it stays, and another of that name is found', tmux, async () => {
  const name = 'top-again';
  const first = await serve.start({ name, http: { port: 0 } });
  try {
    await inShell(async (screen) => {
      await screen.enter(top(name));
      await screen.waitFor(/● LIVE/);
      await first.shutdown();
      await screen.waitFor(/DISCONNECTED/);
      const second = await serve.start({ name, http: { port: 0 } });
      try {
        await second.createBackend('again', () => 1);
        await second.createEndpoint('again', { backend: 'again', route: '/again' });
        await screen.type('r');
        await screen.waitFor(/● LIVE[\s\S]*again 100%/);
      } finally {
        await second.shutdown();
      }
    });
  } finally {
    await first.shutdown();
  }
});

requireOrSkip(test, 'from the prompt and back, nothing that was typed is lost on either side', tmux, async () => {
  const screen = await Screen.open([process.execPath, command, '--name', 'top-prompt']);
  try {
    await screen.waitFor(/top-prompt>\s*$/);
    await screen.answer('const kept = 20', /kept = 20/);
    await screen.enter('.top');
    await screen.waitFor(/● LIVE[\s\S]*Nothing is served yet/);
    await screen.type('2?');
    await screen.waitFor(/Keys/);
    await screen.press('Escape');
    await screen.waitFor(/No replicas/);
    await screen.type('q');
    await screen.waitFor(/top-prompt>\s*$/);
    await screen.answer('kept + 22', /\n42\n/);
    await screen.press('C-d');
    assert.is(await screen.exitCode(), 0);
  } finally {
    await screen.close();
  }
});

requireOrSkip(test, '.top shows the pictures of its prompt, also one that grows behind it', tmux, async () => {
  const screen = await Screen.open([process.execPath, command, 'repl', '--name', 'top-pictures']);
  try {
    await screen.waitFor(/HTTP on [\s\S]*top-pictures>\s*$/);
    await screen.answer("await client.createBackend('m', () => 1)", /top-pictures>$/);
    await screen.answer("await client.createEndpoint('m', { backend: 'm' }); 'made'", /'made'\n/);
    await screen.answer("chart.bars([{ who: 'Ada', votes: 3 }], { x: 'who', y: 'votes' })", /Ada +█+ +3/);
    await screen.answer("void show.load('m', { rps: 50, forMs: 600_000 })", /by the quarter of a second/);
    await screen.enter('.top --view pictures');
    await screen.waitFor(/m: 50\.0\/s, \d[\s\S]*▌ +4 .* void show\.load/);
    const seen = /50\.0\/s, (\d+)/.exec(await screen.waitFor(/50\.0\/s, (?:[3-9]|\d\d)/))?.[1];
    assert.not.match(await screen.read(), /by the quarter of a second/, 'the prompt waits with what it shows of it');
    await screen.press('Down');
    await screen.waitFor(/─ chart\.bars[\s\S]*Ada +█+ +3/);
    await screen.press('Up');
    await screen.waitFor(new RegExp(`50\\.0/s, (?!${seen}\\b)\\d`));
    await screen.press('q');
    await screen.waitFor(/by the quarter of a second[\s\S]*top-pictures>\s*$/);
    await screen.press('C-d');
    assert.is(await screen.exitCode(), 0);
  } finally {
    await screen.close();
  }
});

test.run();
