import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from './command-fixture.ts';

const test = suite('script');

test('a script serves over HTTP, prints only what it says itself, and leaves nothing running', async () => {
  const { code, stdout, stderr } = await runCommand(`
    interface Greeting { readonly hello: string | null }
    const greet = (request: serve.ServeRequest): Greeting => ({
      hello: request.queryParams.get('name'),
    });
    await client.createBackend('greet', greet);
    await client.createEndpoint('greet', { backend: 'greet', route: '/greet' });
    const answer = await fetch(client.http.url + '/greet?name=Ada');
    console.log(client.http.url, await answer.text());
    setInterval(() => console.log('left behind'), 1000);
    6 * 7;
  `);
  assert.is(stderr, '');
  assert.match(stdout, /^http:\/\/127\.0\.0\.1:80\d\d \{"hello":"Ada"\}\n$/);
  assert.is(code, 0);
});

test('imports are those of the working directory', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'servelab-script-'));
  try {
    await writeFile(join(cwd, 'model.mjs'), 'export default (request) => request.data * 2;');
    const { code, stdout, stderr } = await runCommand(
      `import { basename } from 'node:path';
      import double from './model.mjs';
      await client.createBackend('double', serve.imported('./model.mjs'));
      await client.createEndpoint('double', { backend: 'double' });
      console.log(basename('a/b'), double({ data: 4 }), await (await client.getHandle('double')).remote(21));`,
      { cwd },
    );
    assert.is(stderr, '');
    assert.is(stdout, 'b 8 42\n');
    assert.is(code, 0);
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test('whatever a script prints is read to its last byte', async () => {
  const { code, stdout } = await runCommand("console.log('x'.repeat(3_000_000));");
  assert.is(stdout.length, 3_000_001);
  assert.is(code, 0);
});

test('an empty script ends well', async () => {
  assert.equal(await runCommand(''), { code: 0, stdout: '', stderr: '' });
});

const failing: readonly { readonly title: string; readonly script: string; readonly said: RegExp }[] = [
  {
    title: 'an error of the toolkit',
    script: "\nawait client.createEndpoint('x',\n  { backend: 'nope' });",
    said: /^BACKEND_NOT_FOUND there is no backend 'nope'.*\n {4}at async \[stdin\]:2:1\n$/,
  },
  {
    title: "an error of the script's own",
    script: "function fail(): never {\n  throw new RangeError('no');\n}\nfail();",
    said: /^RangeError: no\n {4}at fail \(\[stdin\]:2:9\)\n {4}at \[stdin\]:4:1\n$/,
  },
  {
    title: 'an error in a backend',
    script: `await client.createBackend('bad', () => {
      throw new RangeError('no');
    });
    await client.createEndpoint('bad', { backend: 'bad' });
    await (await client.getHandle('bad')).remote();`,
    said: /^BACKEND_ERROR .*\n {2}\[cause\]: RangeError: no\n {4}at \[stdin\]:2:13\n$/,
  },
  {
    title: 'an error with fields of its own',
    script: "await import('./nowhere.js');",
    said: /^Error \[ERR_MODULE_NOT_FOUND\]: .*\n {4}at (?:async )?\[stdin\]:1:1 \{\n {2}code: 'ERR_MODULE_NOT_FOUND',\n/,
  },
  {
    title: 'a mistake in JavaScript',
    script: 'const x = 1;\nfoo bar',
    said: /^\[stdin\]:2\n.*\n?foo bar\n {4}\^\^\^\n\nSyntaxError/,
  },
  {
    title: 'TypeScript that is more than types',
    script: 'enum Colour { Red }',
    said: /^\[stdin\]:1\nenum Colour \{ Red \}\n\^+\n\nSyntaxError.*enum is not supported/,
  },
  {
    title: 'an error in a callback, while the script waits',
    script: "setTimeout(() => { throw new TypeError('late') }, 1);\nawait new Promise(() => {});",
    said: /^TypeError: late\n {4}at Timeout\._onTimeout \(\[stdin\]:1:26\)\n$/,
  },
  {
    title: 'a rejection that nobody handles',
    script: "Promise.reject(new Error('floating'));",
    said: /^Error: floating\n {4}at \[stdin\]:1:16\n$/,
  },
  { title: 'a thrown null', script: 'throw null', said: /^null\n$/ },
];

for (const { title, script, said } of failing) {
  test(`${title} is said on stderr, with the line, and the exit code is 1`, async () => {
    const { code, stdout, stderr } = await runCommand(script);
    assert.is(stdout, '');
    assert.match(stderr, said);
    assert.is(code, 1);
  });
}

test('the exit code a script sets is kept', async () => {
  assert.is((await runCommand('process.exitCode = 7;')).code, 7);
});

for (const [signal, exitCode] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`${signal} shuts the instance down and ends the script with ${exitCode}`, async () => {
    const script = `
      await client.createBackend('model', class { call() {} shutdown() { process._rawDebug('model was shut down'); } });
      console.log('ready');
      await new Promise(() => {});`;
    const { code, stderr } = await runCommand(script, { signalAt: { signal, printed: 'ready' } });
    assert.is(stderr, 'model was shut down\n');
    assert.is(code, exitCode);
  });
}

test.run();
