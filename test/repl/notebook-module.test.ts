/** One file of cells: as a notebook, as a script of the command, and by plain Node. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { marked } from '../support/processes.ts';
import { withStateHome } from '../support/state-home.ts';
import { type Ended, inFolder, runCommand } from './command-fixture.ts';
import { processGone } from './screen.ts';

const test = suite('servelab/notebook');

const CELLS = `import { chart, client, display, endpoints, http, show } from 'servelab/notebook';

// %%
const mark: string = '!';
await client.createBackend('hi', (request) => 'Hi ' + request.data + mark);
await client.createEndpoint('hi', { backend: 'hi', route: '/hi' });
display(await endpoints.hi('Ada'));

// %%
const load = await show.load('hi', { rps: 40, forMs: 200, data: 'Bob' });
console.log(load.data.answered, (await http.get('/hi')).status, await client.getBackendConfig('hi').then((c) => c.numReplicas));

// %%
const words: string = chart.split({ v1: 1 }).text({ colors: false, columns: 60 }).trim().slice(0, 2);
console.log(words);
`;

const PRINTED = "'Hi Ada!'\n8 200 1\nv1\n";

const FILES = {
  'cells.ts': CELLS,
  'same.ts': `import * as notebook from 'servelab/notebook';
console.log(notebook.client === client, notebook.show === show, notebook.display === display, notebook.http === http);`,
  'replica.ts': `import { client, endpoints } from 'servelab/notebook';
await client.createBackend('bad', async () => (await import('servelab/notebook')).client.http);
await client.createEndpoint('bad', { backend: 'bad' });
console.log((await endpoints.bad().catch((error) => error)).message);`,
  'live.ts': `import { chart, client, show } from 'servelab/notebook';
await client.createBackend('hi', () => 'hi');
await client.createEndpoint('hi', { backend: 'hi' });
const watched = chart.live({ every: 50, title: 'Revision' }, async () => (await client.status()).instance.revision);
await show.load('hi', { rps: 20, forMs: 500 });
watched.stop();
console.log(watched);`,
  'cellless.ts': `import { show } from 'servelab/notebook';
for (const work of [() => show.history(), () => show.time('1 + 1')]) console.log((await work().catch((e) => e)).message);
console.log(await show.time(() => 6 * 7) === 42);`,
  'endless.ts': `import { client } from 'servelab/notebook';
console.log((await client.status()).instance.pid);
setInterval(() => {}, 1000);`,
};

/** Nothing of what was run is left behind. */
const inPlace = (run: (folder: string) => Promise<void>): (() => Promise<void>) =>
  withStateHome((home) =>
    inFolder(FILES, async (folder) => {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(
        dirname(createRequire(import.meta.url).resolve('servelab/package.json')),
        join(folder, 'node_modules', 'servelab'),
      );
      await run(folder);
      await until(() => marked(home).every(({ pid }) => pid === process.pid), 'no process of it is left');
      assert.equal(await serve.listInstances(), []);
    })(),
  );

const node = (folder: string, file: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', file], { cwd: folder });

const command = (folder: string, ...args: readonly string[]): Promise<Ended> => runCommand('', { args, cwd: folder });

test(
  'a file of cells does the same by plain Node, as a script, and as a notebook',
  inPlace(async (folder) => {
    const plain = await node(folder, 'cells.ts');
    assert.is(plain.stdout, PRINTED);
    assert.is(plain.stderr, '');
    const script = await command(folder, 'run', 'cells.ts');
    assert.is(script.stdout, PRINTED, script.stderr);
    const run = await command(folder, 'notebook', 'run', 'cells.ts');
    assert.is(run.stdout, PRINTED.replace('8 200', 'hi: 8 sent\n8 200'), run.stderr);
  }),
);

test(
  'in a session, and in a script, it gives what is defined there',
  inPlace(async (folder) => {
    const [run, script] = [
      await command(folder, 'notebook', 'run', 'same.ts'),
      await command(folder, 'run', 'same.ts'),
    ];
    for (const { stdout, stderr } of [run, script]) assert.is(stdout, 'true true true true\n', stderr);
  }),
);

test(
  "a backend's code cannot start an instance by it",
  inPlace(async (folder) => {
    const { stdout } = await node(folder, 'replica.ts');
    assert.match(stdout, /replica bad#\S+ imports 'servelab\/notebook', which is for scripts; give the backend/);
  }),
);

test(
  'a live chart samples there, too, and what it has is printed like any value',
  inPlace(async (folder) => {
    const { stdout, stderr } = await node(folder, 'live.ts');
    assert.match(stdout, /^Revision\n[\s\S]*value[\s\S]*\d+\n$/, stderr);
    assert.is(stderr, '');
  }),
);

test(
  'what needs cells says that a script has none; all else works',
  inPlace(async (folder) => {
    const lines = (await node(folder, 'cellless.ts')).stdout.trimEnd().split('\n');
    assert.is(lines.length, 4, lines.join('\n'));
    for (const line of lines.slice(0, 2)) {
      assert.match(line, /^this needs the cells .* a script has none; .*`servelab notebook run <file>`$/);
    }
    assert.is(lines[3], 'true', 'behind the time it took');
  }),
);

test(
  'an instance goes with its script, also when that is killed',
  inPlace(async (folder) => {
    const script = spawn(process.execPath, ['endless.ts'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(script.stdout.setEncoding('utf8'), 'data')) as [string];
    script.kill('SIGKILL');
    await processGone(Number(printed));
  }),
);

test.run();
