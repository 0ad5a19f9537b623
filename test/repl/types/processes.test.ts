import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveFrom } from '../../../repl/types/executable.ts';
import { TypeServer } from '../../../repl/types/type-server.ts';
import { until } from '../../support/instance.ts';
import { isAlive } from '../../support/processes.ts';
import { requireOrSkip } from '../../support/require.ts';
import { directoryOf, textsAt, typeServerIn } from './fixture.ts';

const asksOnce = join(import.meta.dirname, 'asks-once.js');
const dist = dirname(dirname(dirname(import.meta.dirname)));
const directory = directoryOf({});

const test = suite('processes of the type server');

test('nothing is started before something is asked', () => {
  const types = typeServerIn(directory.path);
  types.add('const a = 1');
  assert.is(types.pid, null);
});

test('one that was killed is started again once, with all that was evaluated, and then given up', async () => {
  const types = typeServerIn(directory.path);
  types.add('const kept = 1');
  assert.equal(await textsAt(types, 'kep'), ['kept']);
  await killed(types);
  assert.equal(await textsAt(types, 'kep'), ['kept']);
  assert.is(types.problem, null);
  await killed(types);
  assert.equal(await textsAt(types, 'kep'), []);
  assert.match(types.problem ?? '', /ended 2 times, at last because it was ended by SIGKILL$/);
  await types.close();
});

test('one that is killed while it is asked leaves the ask without an answer', async () => {
  const types = typeServerIn(directory.path);
  assert.equal(await textsAt(types, 'clien'), ['client']);
  const { pid } = types;
  const asked = types.check('client.foo');
  process.kill(pid ?? 0, 'SIGSTOP');
  process.kill(pid ?? 0, 'SIGKILL');
  assert.equal(await asked, []);
  await types.close();
});

test('one that is stuck is not waited for, and after a while is replaced', async () => {
  const types = new TypeServer({ directory: directory.path, globals: 'declare const client: 1;', timeoutMs: 500 });
  const isAnswered = async () => (await textsAt(types, 'clien')).includes('client');
  await until(isAnswered, 'the first answer');
  process.kill(types.pid ?? 0, 'SIGSTOP');
  assert.equal(await types.check('client.foo'), []);
  await until(() => types.pid === null, 'the end of the stuck one');
  await until(isAnswered, 'an answer of another');
  assert.is(types.problem, null);
  await types.close();
});

test('close ends the child, also while it is asked', async () => {
  const types = typeServerIn(directory.path);
  assert.equal(await textsAt(types, 'clien'), ['client']);
  const { pid } = types;
  const asked = types.complete('clien', 5);
  await types.close();
  assert.equal(await asked, []);
  assert.not(isAlive(pid ?? 0));
});

test('a process that closes nothing ends by itself, and the child with it', async () => {
  const { process: parent, pid } = await asking();
  const [code] = await once(parent, 'exit');
  assert.is(code, 0);
  await until(() => !isAlive(pid), 'the child to end');
});

test('the child ends when its parent is killed with -9', async () => {
  const { process: parent, pid } = await asking('stay');
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until(() => !isAlive(pid), 'the child to end');
});

const native = `node_modules/@typescript/typescript-${process.platform}-${process.arch}/package.json`;

for (const [version, problem] of [
  ['5.9.3', /need TypeScript 7, and 5\.9\.3 is installed: npm install typescript@7$/],
  ['7.0.2', /need @typescript\/typescript-\S+, which belongs to TypeScript 7\.0\.2 and is missing/],
] as const) {
  test(`with TypeScript ${version} and no compiler there are no answers, and why is said`, async () => {
    const manifest = JSON.stringify({ name: 'typescript', version });
    const files = { 'node_modules/typescript/package.json': manifest, [native]: '{ "version": "7.0.2" }' };
    assert.match(await problemWith(files), problem);
  });
}

const isEverywhere = resolveFrom(join(tmpdir(), 'session.mts'), 'typescript/package.json') !== null;
requireOrSkip(
  test,
  'without TypeScript there are no answers, and why is said',
  {
    available: !isEverywhere,
    why: 'this machine has TypeScript for everything in its temporary directory',
    isForbidden: true,
  },
  async () => {
    assert.match(await problemWith({}), /need TypeScript 7, which is not installed: npm install typescript@7$/);
  },
);

test.after(() => directory.remove());

test.run();

async function killed(types: TypeServer): Promise<void> {
  process.kill(types.pid ?? 0, 'SIGKILL');
  await until(() => types.pid === null, 'the end of the child to be noticed');
}

async function asking(...args: string[]) {
  const parent = spawn(process.execPath, [asksOnce, directory.path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const [, text, pid] = /^(\S+) (\d+)\n$/.exec(said.toString()) ?? [];
  assert.is(text, 'client');
  return { process: parent, pid: Number(pid) };
}

/** Of a toolkit that is installed with these files besides; it has no answers. */
async function problemWith(files: Readonly<Record<string, string>>): Promise<string> {
  const elsewhere = directoryOf({ 'package.json': '{ "type": "module" }', ...files });
  copyTypesTo(elsewhere.path);
  const module = pathToFileURL(join(elsewhere.path, 'repl', 'types', 'type-server.js')).href;
  const copy: typeof import('../../../repl/types/type-server.ts') = await import(module);
  const types = new copy.TypeServer({ directory: elsewhere.path, globals: '' });
  try {
    assert.is(types.problem, null, 'before anything is asked');
    types.add('const a = 1');
    assert.equal([await types.complete('a', 1), await types.check('b'), await types.hover('a', 0)], [[], [], null]);
    assert.is(await types.typeOf('a'), null);
    return types.problem ?? '';
  } finally {
    await types.close();
    elsewhere.remove();
  }
}

/** With the packages it imports, and no other. */
function copyTypesTo(path: string): void {
  cpSync(join(dist, 'repl', 'types'), join(path, 'repl', 'types'), { recursive: true });
  cpSync(join(dist, 'repl', 'typescript.js'), join(path, 'repl', 'typescript.js'));
  mkdirSync(join(path, 'node_modules'), { recursive: true });
  const require = createRequire(import.meta.url);
  for (const name of ['acorn', 'eslint-scope']) {
    const root = dirname(require.resolve(`${name}/package.json`));
    symlinkSync(realpathSync(root), join(path, 'node_modules', name));
  }
}
