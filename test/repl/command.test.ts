import { accessSync, constants, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { command, runCommand } from './command-fixture.ts';

const test = suite('command');

test('it is a command: executable, and run by the Node of the path', () => {
  accessSync(command, constants.X_OK);
  assert.match(readFileSync(command, 'utf8'), /^#!\/usr\/bin\/env node\n/);
});

test('--help prints the usage', async () => {
  const { code, stdout, stderr } = await runCommand('', { args: ['--help'] });
  assert.match(stdout, /^usage: servelab /);
  assert.is(stderr, '');
  assert.is(code, 0);
});

test('--version prints the version', async () => {
  const { code, stdout } = await runCommand('', { args: ['--version'] });
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  assert.is(code, 0);
});

for (const args of [['--hepl'], ['somewhere'], ['--help=yes']]) {
  test(`${args.join(' ')} is wrong usage`, async () => {
    const { code, stdout, stderr } = await runCommand('', { args });
    assert.ok(stderr.includes('usage: servelab'), stderr);
    assert.not.match(stderr, /^usage/);
    assert.is(stdout, '');
    assert.is(code, 2);
  });
}

test('a Node that is too old is told so before it reads anything else', async () => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.17.9' } })";
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(older)}`];
  const { code, stdout, stderr } = await runCommand('console.log(1)', { nodeArgs });
  assert.match(stderr, /^servelab needs Node 22\.18 or newer, and this is v.*\n$/);
  assert.is(stdout, '');
  assert.is(code, 1);
});

test.run();
