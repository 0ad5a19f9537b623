// Runs README.md as it is printed.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_BACKEND_CONFIG } from '../lib/domain/backend.ts';
import { HTTP_STATUS } from '../lib/proxy/http-errors.ts';
import {
  type Block,
  isAsPromised,
  isValueAsPromised,
  readBlocks,
  readShellSteps,
  withValuesShown,
} from './support/readme.ts';
import type { ChildMessage } from './support/readme-child.ts';
import { requireOrSkip } from './support/require.ts';

const root = packageRoot();
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const blocks = readBlocks(readme);
/** Below dist, so that 'servelab' and the packages are found from there as from the repository itself. */
const folder = mkdtempSync(join(root, 'dist', 'readme-'));
const preload = new URL('support/readme-child.js', import.meta.url).href;
const hasShellTools = existsSync('/bin/bash') && existsSync('/usr/bin/curl');
installCommand();
const shellTools = { available: hasShellTools, why: 'bash or curl is not installed' };

const test = suite('README.md');

test.after(async () => {
  // Ended on the page itself, unless that failed before.
  const client = await serve.connect({ name: 'shop' }).catch(() => null);
  await client?.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

test('has blocks of every kind, and none that nobody runs', () => {
  const count = (kind: Block['kind']): number => blocks.filter((block) => block.kind === kind).length;
  assert.ok(
    count('prompt') >= 12 && count('file') >= 3 && count('shell') >= 10,
    JSON.stringify(blocks.map((b) => b.kind)),
  );
  assert.throws(() => readBlocks('```python\nprint()\n```\n'), /must be 'ts' or 'sh'/);
  assert.throws(() => readBlocks('```\nnpm start\n```\n'), /must be 'ts' or 'sh'/);
});

test('a promise that is not kept is noticed', () => {
  assert.ok(isAsPromised('{"id":"…"} ok', '{"id":"a b"}   ok\n'));
  assert.not(isAsPromised('{"by":"v1"}', '{"by":"v2"}'));
  assert.not(isAsPromised('a.c', 'abc'));
  assert.ok(isValueAsPromised("{ hello: 'Ada' }, the same", "{ hello: 'Ada' }"));
  assert.not(isValueAsPromised("{ hello: 'Ada' }, the same", "{ hello: 'Bob' }"));
  assert.equal(withValuesShown('a();\nf(1); // → 2').source, 'a();\nawait __readme.show(f(1)); // → 2');
  assert.throws(() => withValuesShown('const a = 1; // → 1'), /no expression/);
  assert.equal(readShellSteps('a \\\n b\n# x\n# y\nc'), [
    { command: 'a \\\n b', printed: 'x\ny' },
    { command: 'c', printed: null },
  ]);
});

requireOrSkip(test, 'what is typed at the prompt works, with the shell commands in between', shellTools, async () => {
  const session = startSession(blocks);
  const seen = await session.run();
  assert.is(seen.exit, 0, seen.stderr);
  assert.is(seen.stderr, '');
  assert.is(seen.numBlocks, blocks.filter(({ kind }) => kind === 'prompt').length);
  assert.ok(session.promised.length >= 6, `${session.promised.length} values are promised`);
  assert.is(seen.shown.length, session.promised.length);
  for (const [at, promised] of session.promised.entries()) {
    const shown = seen.shown[at] ?? '';
    assert.ok(isValueAsPromised(promised, shown), `README says\n  ${promised}\nand it is\n  ${shown}`);
  }
});

requireOrSkip(test, 'each file of its own works, and its comments tell the truth', shellTools, async () => {
  const programs = blocks.filter(({ kind, fileName }) => kind === 'file' && fileName === null);
  assert.is(programs.length, 1, 'the example of the public contract');
  for (const { text } of programs) {
    const { source, promised } = withValuesShown(text);
    const child = start(join(folder, 'program.ts'), source);
    try {
      const { shown, port } = await untilShown(child, promised.length);
      for (const [at, value] of shown.entries()) assert.ok(isValueAsPromised(promised[at] ?? '', value), value);
      const commands = [...text.matchAll(/^\/\/ (curl .*?)\s+→\s+(.*)$/gm)];
      assert.is(commands.length, 1);
      for (const [, command = '', answer = ''] of commands) {
        const found = await shell(`${command} -s`, port);
        assert.ok(isAsPromised(answer, found), `${command} prints ${found}`);
      }
    } finally {
      await end(child);
    }
  }
});

test('what npm is told to run is there', () => {
  const told = readme.matchAll(/npm (?:run (?<script>[\w-]+)|(?<own>start|test)\b)/g);
  const names = new Set([...told].map(({ groups }) => groups?.script ?? groups?.own ?? ''));
  assert.ok(names.size >= 4, [...names].join());
  for (const name of names) assert.ok(scripts[name], `package.json has no script '${name}'`);
  assert.ok(existsSync(join(root, 'package-lock.json')), 'npm ci needs a lock file');
  const first = blocks.find(({ kind }) => kind === 'shell');
  assert.is(first?.text, 'npm ci && npm start');
  assert.ok((first?.line ?? 99) < 20, 'on the first screen');
});

test('names every error code with its status, every config key, and files that exist', () => {
  const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  for (const [code, status] of Object.entries(HTTP_STATUS)) {
    const said = rows.find(([, codes]) => codes?.startsWith('`') && codes.split(', ').includes(`\`${code}\``))?.[2];
    assert.ok(
      said === String(status) || (said === '–' && status === 500),
      `${code}: README says ${said}, it is ${status}`,
    );
  }
  for (const key of Object.keys(DEFAULT_BACKEND_CONFIG)) assert.ok(readme.includes(`| \`${key}\` |`), key);
  const named = [...readme.matchAll(/`((?:lib|repl|test|\.ci)\/[\w./-]*)`/g)].map(([, path = '']) => path);
  assert.ok(named.length >= 25, `${named.length} files are named`);
  for (const path of named) assert.ok(existsSync(join(root, path)), `${path} does not exist`);
});

test.run();

interface Seen {
  readonly exit: number | null;
  readonly stderr: string;
  readonly shown: readonly string[];
  readonly numBlocks: number;
}

/** The prompt's blocks as one script in the pipe of `npm start`; after each, what follows it is run. */
function startSession(all: readonly Block[]): { readonly promised: readonly string[]; run(): Promise<Seen> } {
  const promised: string[] = [];
  const script = all.map((block, at) => {
    if (block.kind !== 'prompt') return '';
    const { source, promised: more } = withValuesShown(block.text);
    promised.push(...more);
    return `${source}\nawait __readme.reached(${at});\n`;
  });
  const run = async (): Promise<Seen> => {
    for (const { fileName, text } of all) if (fileName !== null) writeFileSync(join(folder, fileName), text);
    // What `npm start` runs once it has built: these tests run in what was built.
    const [command = ''] = scripts.start?.split('&&').slice(-1) ?? [];
    const [node, ...path] = command.trim().split(' ');
    assert.is(node, 'node');
    const child = spawn(process.execPath, ['--import', preload, join(root, ...path)], {
      cwd: folder,
      stdio: ['pipe', 'inherit', 'pipe', 'ipc'],
    });
    child.stdin?.end(script.join(''));
    return { ...(await follow(child, all)), exit: child.exitCode };
  };
  return { promised, run };
}

async function follow(child: ChildProcess, all: readonly Block[]): Promise<Omit<Seen, 'exit'>> {
  const shown: string[] = [];
  let port = 0;
  let numBlocks = 0;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  child.on('message', (message: ChildMessage) => {
    if (message.type === 'listening') port = message.port;
    else if (message.type === 'shown') shown.push(message.text);
    else {
      numBlocks += 1;
      runShellAfter(message.block, all, port).then(() => child.send('go on'), reject);
    }
  });
  try {
    const stderr = child.stderr ? readText(child.stderr) : Promise.resolve('');
    await Promise.race([once(child, 'close'), failed]);
    return { stderr: await stderr, shown, numBlocks };
  } finally {
    await end(child);
  }
}

/** Runs the shell blocks between a block of the prompt and the next one. */
async function runShellAfter(at: number, all: readonly Block[], port: number): Promise<void> {
  for (const { kind, text, line } of all.slice(at + 1)) {
    if (kind === 'prompt') return;
    if (kind !== 'shell') continue;
    for (const { command, printed } of readShellSteps(text)) {
      // Looked at by the test of what npm is told: these would run the tests in the tests.
      if (/^npm (?:ci|test|run)\b/.test(command)) continue;
      await assertPrints(command, printed ?? '', port, `line ${line}`);
    }
  }
}

/** A page of metrics is asked again for a while: a shadow may end after the answer it is a copy of. */
async function assertPrints(command: string, printed: string, port: number, where: string): Promise<void> {
  const deadline = performance.now() + (command.includes('/-/metrics') ? 10_000 : 0);
  let found = '';
  do {
    found = await shell(command, port);
    if (isAsPromised(printed, found)) return;
  } while (performance.now() < deadline);
  throw new Error(`${where}: ${command}\nREADME says it prints\n${printed}\nand it prints\n${found}`);
}

async function shell(command: string, port: number): Promise<string> {
  const curlHome = join(folder, 'curl');
  mkdirSync(curlHome, { recursive: true });
  writeFileSync(
    join(curlHome, '.curlrc'),
    `connect-to = "127.0.0.1:8000:127.0.0.1:${port}"\nnoproxy = "*"\nmax-time = 30\n`,
  );
  const env = {
    ...process.env,
    CURL_HOME: curlHome,
    PATH: `${folder}/bin:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  };
  const { stdout } = await promisify(execFile)('bash', ['-euc', command], { cwd: folder, env });
  return stdout;
}

/** As `npm install -g` does it. */
function installCommand(): void {
  const path = join(folder, 'bin', 'servelab');
  mkdirSync(dirname(path));
  symlinkSync(join(root, 'dist', 'repl', 'main.js'), path);
}

/** The values that a program shows, and where it listens. */
async function untilShown(child: ChildProcess, count: number): Promise<{ shown: string[]; port: number }> {
  const shown: string[] = [];
  let port = 0;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
    child.on('message', (message: ChildMessage) => {
      if (message.type === 'listening') port = message.port;
      if (message.type === 'shown' && shown.push(message.text) === count) resolve();
    });
  });
  return { shown, port };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

function start(path: string, source: string): ChildProcess {
  writeFileSync(path, source);
  return spawn(process.execPath, ['--import', preload, path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function packageRoot(): string {
  let at = import.meta.dirname;
  while (!existsSync(join(at, 'package.json'))) at = dirname(at);
  return at;
}
