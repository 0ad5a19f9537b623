/** The packages of an environment, in a process of its own, on this Node and on the oldest. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ship } from '../../lib/shipping/ship.ts';
import { oldestNode, repository, thisNode } from '../support/nodes.ts';
import { requireOrSkip } from '../support/require.ts';
import { environment, importedFrom, type Outcome, runIn } from './environments.ts';

const test = suite('packages from a directory');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

const model = { shipment: importedFrom('user/main.ts', './model.ts', 'Model'), initArgs: ['a'] };
const shipped = async (target: () => unknown) => ({ shipment: await ship(target, { initArgs: [] }) });

/** What `user/model.ts` sees in environment 1 or 2. */
const seenIn = (version: number, word: string) => {
  const byImport = `greeting ${version} by import, ${word}`;
  const byRequire = `greeting ${version} by require, ${word}`;
  return {
    name: 'a',
    imported: byImport,
    subpath: `GREETING ${version}`,
    scoped: `tool ${version}, word ${version}`,
    helper: 'helper, greeting of the project',
    later: byImport,
    required: byRequire,
    nested: byImport,
    common: byRequire,
    commonLater: byImport,
    events: true,
  };
};

for (const node of [thisNode, oldestNode]) {
  const inEnvironment = (title: string, run: () => Promise<void>): void =>
    requireOrSkip(test, `${title}, on ${node.name}`, node, run);
  const run = (directory: string | null, jobs: Parameters<typeof runIn>[1]['jobs'], home: string | null = null) =>
    runIn(node.path, { directory: directory === null ? null : environment(directory), home, jobs });

  inEnvironment('an imported backend meets one version of a package here and another there', async () => {
    const [first, second] = await Promise.all([run('v1', [model]), run('v2', [model])]);
    assert.equal(first, [{ value: seenIn(1, 'word 1') }]);
    // The second one's package has a dependency of its own, which is another than the environment's.
    assert.equal(second, [{ value: seenIn(2, 'word 1.5 of greeting') }]);
  });

  inEnvironment('without a directory the project has what it has', async () => {
    const [outcome] = await run(null, [{ shipment: importedFrom('user/main.ts', './nested/nested.ts', 'nested') }]);
    failed(outcome, 'BACKEND_START_FAILED', "export 'nested' of './nested/nested.ts' must be a function");
    const [mixed] = await run(null, [{ shipment: importedFrom('user/main.ts', './mixing.ts', 'mix') }]);
    assert.equal(mixed, { value: 'greeting of the project' });
  });

  inEnvironment('a bare name in imported() is a package of the directory', async () => {
    const jobs = [
      { shipment: importedFrom('user/main.ts', 'greeting', 'greet') },
      { shipment: importedFrom('user/', '@scope/tool', 'tool') },
    ];
    assert.equal(await run('v1', jobs), [{ value: 'greeting 1 by import, word 1' }, { value: 'tool 1, word 1' }]);
  });

  inEnvironment('a function that travels as its source imports from the directory', async () => {
    // @ts-expect-error: found in the environment
    const [outcome] = await run('v1', [await shipped(async () => (await import('greeting')).greeting)]);
    assert.equal(outcome, { value: 'greeting 1 by import, word 1' });
  });

  inEnvironment('a linked package keeps the dependencies of its own', async () => {
    const [outcome] = await run('v1', [{ shipment: importedFrom('user/main.ts', './toolkit.ts', 'link') }]);
    assert.equal(outcome, { value: 'linked, word 3 of linked' });
  });

  inEnvironment('the toolkit is the running one, whoever imports it', async () => {
    const [outcome] = await run('v1', [{ shipment: importedFrom('user/main.ts', './toolkit.ts', 'look') }]);
    assert.equal(outcome, { value: [true, true, version, 'ERR_PACKAGE_PATH_NOT_EXPORTED'] });
  });

  inEnvironment('a package that is nowhere is named with what to do', async () => {
    const jobs = [
      { shipment: importedFrom('user/main.ts', 'nowhere/at-all', 'x') },
      await shipped(() => process.getBuiltinModule('node:module').createRequire(`${process.cwd()}/x.js`)('@no/where')),
    ];
    const [imported, required] = await run('v1', jobs);
    const next = (name: string) =>
      `it is not in the environment ${environment('v1')} either: run \`npm install ${name}\` there`;
    failed(imported, 'BACKEND_START_FAILED', "cannot import 'nowhere/at-all'", next('nowhere'));
    failed(required, 'MODULE_NOT_FOUND', "Cannot find module '@no/where'", next('@no/where'));
  });

  inEnvironment('two versions of one package are never mixed', async () => {
    const [outcome] = await run('v1', [{ shipment: importedFrom('user/main.ts', './mixing.ts', 'mix') }]);
    failed(outcome, 'ERR_PACKAGE_PATH_NOT_EXPORTED', './extra', environment('v1/node_modules/greeting'));
  });

  inEnvironment('a program that is itself an installed package has backends with environments', async () => {
    const file = 'installed/node_modules/program/main.js';
    const jobs = [{ shipment: importedFrom(file, './backend.js', 'backend') }];
    const outcome = await run('v1', jobs, environment(file));
    const others = ['inner, greeting of the program', 'part, greeting of the program'];
    assert.equal(outcome, [{ value: ['greeting 1 by import, word 1', ...others] }]);
    const unsaid = await run('v1', jobs);
    assert.equal(unsaid, [{ value: ['greeting of the program', ...others] }]);
  });
}

test.run();

function failed(outcome: Outcome | undefined, code: string, ...parts: readonly string[]): void {
  assert.is(outcome?.error?.code, code, outcome?.error?.message);
  for (const part of parts) assert.ok(outcome?.error?.message.includes(part), outcome?.error?.message);
}
