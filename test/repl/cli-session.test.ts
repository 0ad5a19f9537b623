import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';
import { command, type Ended, inFolder, runCommand } from './command-fixture.ts';
import { Screen, tmux } from './screen.ts';

const test = suite('prompts and scripts');

const SCRIPT = `import { basename } from 'node:path';
import * as toolkit from 'servelab';
import { double } from './model.ts';

declare const serve: typeof toolkit;
declare const client: toolkit.Client;

export const shout = (request: { data: string }): string => request.data.toUpperCase();

await client.createBackend('double', double);
await client.createEndpoint('double', { backend: 'double' });
await client.createBackend('shout', shout);
await client.createEndpoint('shout', { backend: 'shout' });
console.log(await (await client.getHandle('double')).remote(21), await (await client.getHandle('shout')).remote('hi'));
console.log(basename(process.argv[1]), process.argv.slice(2).join(), toolkit === serve || toolkit.Client === serve.Client);
console.log((await client.status()).instance.name);
`;
const FILES = {
  'package.json': '{ "type": "module" }',
  'script.ts': SCRIPT,
  'model.ts': 'export const double = (request: { data: number }): number => request.data * 2;\n',
  'throws.ts': "function fail(): never {\n  throw new RangeError('no');\n}\nfail();\n",
  'late.ts': "setTimeout(() => { throw new TypeError('late') }, 1);\nawait new Promise(() => {});\n",
};

test(
  'a script runs on an instance of its own, which ends with it',
  inFolder(FILES, async (cwd) => {
    const args = ['run', '--name', 'own', 'script.ts', '--name', 'x', '-f'];
    const { code, stdout, stderr } = await runCommand('', { args, cwd });
    assert.is(stderr, '');
    assert.is(stdout, '42 HI\nscript.ts --name,x,-f true\nown\n');
    assert.is(code, 0);
    assert.equal(await serve.listInstances(), []);
  }),
);

test(
  'it runs on the instance of that name where there is one, and leaves there what it made',
  withInstance(async (client) => {
    const { name } = (await client.status()).instance;
    await inFolder(FILES, async (cwd) => {
      const { stdout, stderr } = await runCommand('', { args: ['run', '--name', name, join(cwd, 'script.ts')] });
      assert.is(stderr, '');
      assert.is(stdout, `42 HI\nscript.ts  true\n${name}\n`);
      assert.equal(Object.keys(await client.listBackends()), ['double', 'shout']);
      assert.is(await (await client.getHandle('shout')).remote('still'), 'STILL');
    })();
  }),
);

for (const file of ['short.ts', 'short.js']) {
  test(
    `${file} is an ES module, whatever is around it`,
    inFolder(
      { [file]: 'console.log(await Promise.resolve(typeof client + typeof serve.start), typeof require);' },
      async (cwd) => {
        const ended = await runCommand('', { args: ['run', file], cwd });
        assert.equal(ended, { code: 0, stdout: 'objectfunction undefined\n', stderr: '' });
      },
    ),
  );
}

test(
  'what it throws is said with the line, and the exit code is 1',
  inFolder(FILES, async (cwd) => {
    const run = (file: string): Promise<Ended> => runCommand('', { args: ['run', file], cwd });
    const thrown = await run('throws.ts');
    assert.match(
      thrown.stderr,
      /^RangeError: no\n {4}at fail \(file:\S+throws\.ts:2:9\)\n {4}at file:\S+throws\.ts:4:1\n$/,
    );
    const late = await run('late.ts');
    assert.match(late.stderr, /^TypeError: late\n {4}at Timeout\._onTimeout \(file:\S+late\.ts:1:26\)\n$/);
    const missing = await run('nowhere.ts');
    assert.is(missing.stderr, "servelab: ENOENT: no such file or directory, access 'nowhere.ts'\n");
    assert.equal([thrown.code, late.code, missing.code], [1, 1, 1]);
  }),
);

test(
  'what comes from a pipe is run as a script, on the instance that runs or on a new one',
  withInstance(async (client) => {
    const { name } = (await client.status()).instance;
    const script = "console.log((await client.status()).instance.pid); await client.createBackend('piped', () => 1);";
    const connected = await runCommand(script, { args: ['repl', '--name', name] });
    assert.equal(connected, { code: 0, stdout: `${process.pid}\n`, stderr: '' });
    assert.ok((await client.listBackends()).piped);
    const own = await runCommand('console.log((await client.status()).instance.name)', { args: ['--name', 'piped'] });
    assert.equal(own, { code: 0, stdout: 'piped\n', stderr: '' });
  }),
);

test(
  'without a command it is the same',
  withInstance(async (client) => {
    const { name } = (await client.status()).instance;
    const script = 'console.log((await client.status()).instance.pid)';
    const { stdout } = await runCommand(script, { args: ['--name', name] });
    assert.is(stdout, `${process.pid}\n`);
  }),
);

requireOrSkip(
  test,
  'a prompt on an instance that runs says so, works on it, and leaves it running',
  tmux,
  withInstance(async (client, url) => {
    const { name } = (await client.status()).instance;
    const screen = await Screen.open([process.execPath, command, 'repl', '--name', name]);
    try {
      const banner = await screen.waitFor(/To leave(?:.|\n)*\n[\w.-]+>\s*$/);
      assert.match(banner, new RegExp(`connected to instance '${name}' in process ${process.pid}\nHTTP on ${url}\n`));
      assert.match(banner, /To leave: \.exit or Ctrl\+D\. The instance goes on/);
      await screen.answer("await client.createBackend('typed', (request) => request.data + 1)", /\+ 1\)\n/);
      await screen.answer("await client.createEndpoint('typed', { backend: 'typed' })", /\}\)\n/);
      await screen.answer("await (await client.getHandle('typed')).remote(41)", /\n42\n/);
      await screen.press('C-d');
      assert.is(await screen.exitCode(), 0);
    } finally {
      await screen.close();
    }
    assert.is(await (await client.getHandle('typed')).remote(1), 2);
  }),
);

test.run();
