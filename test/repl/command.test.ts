import { accessSync, constants, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cli, command, runCommand, shown } from './command-fixture.ts';

const test = suite('command');

test('it is a command: executable, and run by the Node of the path', () => {
  accessSync(command, constants.X_OK);
  assert.match(readFileSync(command, 'utf8'), /^#!\/usr\/bin\/env node\n/);
});

test('--help prints the usage, with every command on a line of its own', async () => {
  const help = await shown('--help');
  assert.match(help, /^Usage: servelab /);
  const commands = ['start', 'stop', 'status', 'list', 'logs', 'call', 'traffic', 'scale', 'apply', 'history'];
  for (const name of [...commands, 'rollback', 'repl', 'run', 'metrics', 'completion']) {
    assert.match(help, new RegExp(`^ {2}${name} .*\\S$`, 'm'));
    assert.match(await shown(name, '--help'), new RegExp(`^Usage: servelab ${name} `));
  }
  const tooLong = help.split('\n').filter((line) => line.length > 85);
  assert.equal(tooLong, []);
});

test('--version prints the version', async () => {
  assert.match(await shown('--version'), /^\d+\.\d+\.\d+\n$/);
  assert.is(await shown('-v'), await shown('--version'));
});

const wrong: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['--hepl'], /^servelab: unknown option '--hepl'\n {2}\(Did you mean --help\?\)\n/],
  [['--help=yes'], /^servelab: .*--help=yes/],
  [['somewhere'], /^servelab: unknown command 'somewhere'\n/],
  [['stauts'], /^servelab: unknown command 'stauts'\n {2}\(Did you mean status\?\)\n {2}`servelab --help` says/],
  [['--name', 'x', 'lsit'], /^servelab: unknown command 'lsit'\n {2}\(Did you mean list\?\)/],
  [['--name'], /^servelab: option '--name <instance>' argument missing/],
  [['status', '--jsn'], /^servelab: unknown option '--jsn'\n {2}\(Did you mean --json\?\)/],
  [['start', '--detatched'], /^servelab: unknown option '--detatched'\n {2}\(Did you mean --detached\?\)/],
  [['call'], /^servelab: missing required argument 'endpoint'/],
  [['scale', 'v1'], /^servelab: missing required argument 'replicas'/],
  [['scale', 'v1', 'many'], /'many' is invalid .* A whole number >= 0 is wanted\./],
  [['scale', 'v1', '1.5'], /'1\.5' is invalid/],
  [['scale', 'v1', '--', '-1'], /'-1' is invalid/],
  [['rollback', 'one'], /'one' is invalid/],
  [['list', 'all'], /^servelab: too many arguments for 'list'\. Expected 0 arguments but got 1: all\./],
  [['logs', '-n', 'ten'], /'ten' is invalid/],
  [['start', '--port', '8o'], /'8o' is invalid/],
  [['start', '--host', 'outline'], /'outline' is invalid.* Allowed choices are inline, process\./],
  [['start', '--location', 'Nowhere'], /'Nowhere' is invalid.* Allowed choices are HeadOnly, EveryNode, NoServer\./],
  [['start', '--cpus', '-2'], /'-2' is invalid/],
  [['start', '--gpus', 'all'], /'all' is invalid.* A count like 2 is wanted, or a list of indices like 0,2\./],
  [['start', '--detached', '--host', 'inline'], /^servelab: --detached outlives this process/],
  [['traffic', 'e', 'v1'], /^servelab: a backend and its weight are wanted, like v1=0\.9, got 'v1'\n$/],
  [['traffic', 'e', 'v1=much'], /got 'v1=much'/],
  [['traffic', 'e', 'v1=0.5', 'v1=0.5'], /^servelab: the weight of 'v1' is given twice\n$/],
  [['call', 'e', '{bad'], /^servelab: the data is not JSON: .*; a text is given as '"text"', a file as @file\n$/],
  [['call', 'e', 'Ada'], /^servelab: the data is not JSON/],
  [['call', 'e', '-q', 'name'], /'name' is invalid.* A key and its value are wanted, like name=Ada\./],
  [['call', 'e', '--timeout-ms', '0'], /'0' is invalid.* A number > 0 is wanted\./],
  [['completion', 'tcsh'], /'tcsh' is invalid.* Allowed choices are bash, zsh, fish\./],
  [['evil\u001b[31m\nname'], /^servelab: unknown command 'evil\\u\{1b\}\[31m\n {2}name'/],
];

for (const [args, said] of wrong) {
  test(`${JSON.stringify(args.join(' '))} is wrong usage`, async () => {
    const { code, stdout, stderr } = await cli(...args);
    assert.match(stderr, said);
    assert.is(stdout, '');
    assert.is(code, 2);
  });
}

const onInstance = [
  ...[
    ['status'],
    ['logs'],
    ['logs', '-f'],
    ['call', 'e'],
    ['traffic', 'e'],
    ['traffic', 'e', 'v=1'],
    ['scale', 'v', '1'],
  ],
  ...[['history'], ['rollback', '1'], ['metrics'], ['stop'], ['stop', '--forget']],
];

for (const args of onInstance) {
  test(`${args.join(' ')} fails where no such instance is`, async () => {
    const { code, stdout, stderr } = await cli(...args, '--name', 'nobody');
    assert.match(stderr, /^servelab: INSTANCE_NOT_FOUND: .*'nobody'.*\n$/);
    if (args[0] === 'status') assert.match(stderr, /`servelab start --name nobody`/);
    assert.is(stdout, '');
    assert.is(code, 1);
  });
}

test('a name that no instance can have is refused as such', async () => {
  const { code, stderr } = await cli('status', '--name', '../x');
  assert.match(stderr, /^servelab: INVALID_ARGUMENT: instance name must match .*, got '\.\.\/x'/);
  assert.is(code, 1);
});

test('a Node that is too old is told so before it reads anything else', async () => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.17.9' } })";
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(older)}`];
  const { code, stdout, stderr } = await runCommand('console.log(1)', { nodeArgs });
  assert.match(stderr, /^servelab needs Node 22\.18 or newer, and this is v.*\n$/);
  assert.is(stdout, '');
  assert.is(code, 1);
});

test.run();
