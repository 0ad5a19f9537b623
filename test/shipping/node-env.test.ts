import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeEnv } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isNodeEnv } from '../../lib/domain/node-env.ts';
import { findEnv } from '../../lib/shipping/find-env.ts';
import { findNode, OLDEST_NODE } from '../../lib/shipping/find-node.ts';
import { fails, withInstance } from '../support/instance.ts';
import { oldestNode, repository } from '../support/nodes.ts';
import { requireOrSkip } from '../support/require.ts';
import { environment } from './environments.ts';
import { throwsCode } from './fixtures.ts';

const test = suite('nodeEnv');
let folder = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servelab-env-'));
});

test.after(() => rm(folder, { recursive: true }));

/** An executable that answers as it is told, and counts how often it was asked. */
async function binary(name: string, script: string, mode = 0o755): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho "$*" >> "$0.asked"\n${script}\n`);
  await chmod(path, mode);
  return path;
}

test('only describes, and may be written down', () => {
  const env = nodeEnv('/nowhere/at/all', { node: 'no-such-node' });
  assert.equal({ ...env }, { kind: 'node-env', directory: '/nowhere/at/all', node: 'no-such-node' });
  assert.is(nodeEnv('/nowhere').node, null);
  assert.ok(Object.isFrozen(env) && isNodeEnv(env));
  for (const value of [null, undefined, '/nowhere', { ...env }, () => env]) assert.not.ok(isNodeEnv(value));
});

test('a relative directory is seen from the file that calls it', async () => {
  const { callHere } = await import(pathToFileURL(environment('user/caller.ts')).href);
  assert.is(callHere(nodeEnv).directory, environment('v1'));
});

test('a relative directory is seen from the working directory at a prompt', () => {
  const code = "import('servelab').then(({ nodeEnv }) => console.log(nodeEnv('envs/v1').directory))";
  const said = execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', cwd: repository });
  assert.is(said.trim(), join(repository, 'envs/v1'));
});

test('URLs of files are taken for their paths', () => {
  const url = pathToFileURL('/envs/a b');
  assert.is(nodeEnv(url, { node: pathToFileURL('/bin/node') }).directory, '/envs/a b');
  assert.is(nodeEnv(url.href, { node: pathToFileURL('/bin/node') }).node, '/bin/node');
});

test('refuses what has another type, and options it does not know', () => {
  const call = nodeEnv as (...args: unknown[]) => unknown;
  throwsCode(() => call(), 'INVALID_ARGUMENT', /^directory of nodeEnv\(\) must be .* got undefined$/);
  throwsCode(() => call(''), 'INVALID_ARGUMENT', /got ''/);
  throwsCode(() => call('a\0b'), 'INVALID_ARGUMENT', /got 'a\\u\{0\}b'/);
  throwsCode(() => call(new URL('http://x/y')), 'INVALID_ARGUMENT', /file URL, got 'http:\/\/x\/y'/);
  throwsCode(() => call('file://host/x'), 'INVALID_ARGUMENT', /got 'file:\/\/host\/x'/);
  throwsCode(() => call('/x', { node: 22 }), 'INVALID_ARGUMENT', /^node of nodeEnv\(\) must be .* got 22$/);
  throwsCode(() => call('/x', 'node22'), 'INVALID_ARGUMENT', /nodeEnv options must be a plain object/);
  throwsCode(() => call('/x', { nodes: 'x' }), 'INVALID_ARGUMENT', /unknown nodeEnv option 'nodes'; .* 'node'\?/);
});

test('the directory must be there, be one, and have a package.json', async () => {
  await fails(findEnv(nodeEnv(environment('v9'))), 'ENV_NOT_FOUND', `no directory ${environment('v9')}`, 'npm install');
  const file = environment('v1/package.json');
  await fails(findEnv(nodeEnv(file)), 'ENV_NOT_FOUND', `a file, not a directory, is at ${file}`);
  await fails(findEnv(nodeEnv(`${file}/x`)), 'ENV_NOT_FOUND', 'there is no directory');
  await fails(findEnv(nodeEnv(folder)), 'ENV_NOT_FOUND', `no package.json in ${folder}`, 'npm init');
  const loop = join(folder, 'loop');
  await symlink(loop, loop);
  await fails(findEnv(nodeEnv(loop)), 'ENV_NOT_FOUND', `${loop} cannot be looked at (ELOOP`);
  await mkdir(join(folder, 'odd/package.json'), { recursive: true });
  await fails(findEnv(nodeEnv(join(folder, 'odd'))), 'ENV_NOT_FOUND', 'no package.json');
});

test('a link is followed once and for all', async () => {
  const link = join(folder, 'current');
  await symlink(environment('v2'), link);
  assert.equal(await findEnv(nodeEnv(link)), { directory: environment('v2'), node: null });
});

test('a Node is found by path, by path from the directory, and by name on PATH', async () => {
  const path = await binary('node-99', 'echo 99.1.0');
  const inherited = process.env.PATH ?? '';
  await writeFile(join(folder, 'package.json'), '{}');
  assert.is((await findEnv(nodeEnv(folder, { node: path }))).node, path);
  assert.is((await findEnv(nodeEnv(folder, { node: './node-99' }))).node, path);
  await fails(findEnv(nodeEnv(folder, { node: 'node-99' })), 'ENV_NOT_FOUND', "no 'node-99' on PATH", 'Node 22.18');
  process.env.PATH = `${inherited}${delimiter}${folder}`;
  try {
    assert.is((await findEnv(nodeEnv(folder, { node: 'node-99' }))).node, path);
  } finally {
    process.env.PATH = inherited;
  }
  await rm(join(folder, 'package.json'));
});

test('says what is wrong with a Node that cannot be used', async () => {
  const refused = async (given: string, ...parts: string[]): Promise<void> => {
    await fails(findNode(given, folder), 'ENV_NOT_FOUND', ...parts, 'wants a Node 22.18 or newer');
  };
  await refused('/nowhere/node', 'there is no file /nowhere/node');
  await refused(folder, `${folder} is not a file that this user can execute`);
  await refused('/etc/passwd', '/etc/passwd is not a file that this user can execute');
  await refused(await binary('silent', 'exit 0'), "asked for its version it says ''");
  await refused(await binary('failing', 'echo no such option >&2; exit 3'), 'is no Node', '(no such option)');
  await refused(await binary('talking', 'echo Python 3.11.2'), "it says 'Python 3.11.2'");
  await refused(await binary('bun', 'echo Bun'), "it says 'Bun'");
  for (const version of ['20.20.2', '22.17.9', '0.10.0']) {
    await refused(await binary(`node-${version}`, `echo ${version}`), `node-${version} is Node ${version};`);
  }
});

test('a Node is asked for its version once, until it is another', async () => {
  const path = await binary('asked', 'echo 22.18.0');
  const asked = async (): Promise<number> => (await readFile(`${path}.asked`, 'utf8')).trim().split('\n').length;
  await Promise.all([findNode(path, folder), findNode(path, folder)]);
  await findNode(path, folder);
  assert.is(await asked(), 1);
  await utimes(path, 1, 1);
  await findNode(path, folder);
  assert.is(await asked(), 2);
});

test('a failure to ask is not kept', async () => {
  const path = await binary('mended', `[ -e ${folder}/mend ] && echo 22.18.0`);
  await fails(findNode(path, folder), 'ENV_NOT_FOUND', 'is no Node');
  await writeFile(join(folder, 'mend'), '');
  assert.is(await findNode(path, folder), path);
});

requireOrSkip(test, 'the oldest Node is new enough', oldestNode, async () => {
  assert.is(await findNode(oldestNode.path, folder), oldestNode.path);
});

test('the oldest Node is that of package.json', async () => {
  const { engines } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  assert.is(engines.node, `>=${OLDEST_NODE.join('.')}`);
});

test(
  'createBackend looks, and leaves nothing behind when there is none',
  withInstance(
    async (client) => {
      const target = (): string => 'never';
      const env = nodeEnv(environment('v9'));
      await fails(client.createBackend('b', target, { env }), 'ENV_NOT_FOUND', environment('v9'));
      const node = nodeEnv(environment('v1'), { node: '/nowhere/node' });
      await fails(client.createBackend('b', target, { env: node }), 'ENV_NOT_FOUND', '/nowhere/node');
      assert.equal(await client.listBackends(), {});
      await client.createBackend('b', target);
    },
    { http: null },
  ),
);

test.run();
