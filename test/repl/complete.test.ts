import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { complete, type Names, splitWords } from '../../repl/cli/complete.ts';
import { newProgram } from '../../repl/cli/program.ts';

const test = suite('what completes a line');

const program = await newProgram('1.2.3', []);

/** Names that say of which instance they are. */
const names: Names = async (kind, instance) =>
  (kind === 'instance' ? ['default', 'prod'] : [`${kind}-1`, `${kind}-of-${instance}`]).map((value) => ({
    value,
    description: `a ${kind}`,
  }));

const commands = [
  'start',
  'stop',
  'status',
  'list',
  'logs',
  'call',
  'traffic',
  'scale',
  'apply',
  'history',
  'rollback',
];
const endpoints = ['endpoint-1', 'endpoint-of-default'];

const rows: readonly (readonly [line: string, values: readonly string[] | 'files'])[] = [
  ['servelab ', [...commands, 'repl', 'run', 'notebook', 'top', 'metrics', 'kernel', 'completion', 'help']],
  ['servelab sta', ['start', 'status']],
  ['servelab --name prod sta', ['start', 'status']],
  ['servelab -', ['--version', '--name', '--no-color', '--help']],
  ['servelab --name ', ['default', 'prod']],
  ['servelab --name=p', ['--name=prod']],
  ['serve status --n', ['--name', '--no-color']],
  ['servelab status --name p', ['prod']],
  ['servelab status --name=', ['--name=default', '--name=prod']],
  ['servelab status x', []],
  ['servelab call ', endpoints],
  ['servelab call e', endpoints],
  ['servelab call --json e', endpoints],
  ['servelab call --timeout-ms 5 e', endpoints],
  ['servelab call --timeout-ms ', []],
  ['servelab call --name prod ', ['endpoint-1', 'endpoint-of-prod']],
  ['servelab call --name=prod ', ['endpoint-1', 'endpoint-of-prod']],
  ['servelab --name prod call ', ['endpoint-1', 'endpoint-of-prod']],
  ['servelab call endpoint-1 \'{"a', []],
  ['servelab call "endpoint', endpoints],
  ['servelab call -- --', []],
  ['servelab traffic ', endpoints],
  ['servelab traffic e ', ['backend-1=', 'backend-of-default=']],
  ['servelab traffic e backend-1=0.5 backend-o', ['backend-of-default=']],
  ['servelab scale b', ['backend-1', 'backend-of-default']],
  ['servelab scale b ', []],
  ['servelab rollback ', ['revision-1', 'revision-of-default']],
  ['servelab start --host ', ['inline', 'process']],
  ['servelab start --location=H', ['--location=HeadOnly']],
  ['servelab apply ', 'files'],
  ['servelab apply --plan ./ser', 'files'],
  ['servelab apply x.ts --p', ['--plan', '--prune']],
  ['servelab run ', 'files'],
  ['servelab run x.ts --', 'files'],
  ['servelab notebook ', ['run', 'check', 'sync', 'export', 'help']],
  ['servelab notebook run ', 'files'],
  ['servelab notebook run a.ts --t', ['--timeout', '--to']],
  ['servelab notebook run --to ', ['ipynb', 'html', 'md']],
  ['servelab notebook run --output ', 'files'],
  ['servelab notebook run --name p', ['prod']],
  ['servelab notebook check a.ts ', 'files'],
  ['servelab kernel ', ['install', 'uninstall', 'help']],
  ['servelab completion ', ['bash', 'zsh', 'fish']],
  ['servelab nonsense ', [...commands, 'repl', 'run', 'notebook', 'top', 'metrics', 'kernel', 'completion', 'help']],
];

for (const [line, values] of rows) {
  test(`${line}|`, async () => {
    const completion = await complete(program, line, names);
    if (completion.type === 'files') assert.is('files', values);
    else
      assert.equal(
        completion.candidates.map(({ value }) => value),
        values,
      );
  });
}

test('a line is taken apart as a shell does, and nothing in it is expanded', () => {
  for (const [line, words] of [
    ['', ['']],
    ['a', ['a']],
    ['a ', ['a', '']],
    [' a  b', ['a', 'b']],
    ['a \'b c\'d "e \\" \\x f" g\\ h', ['a', 'b cd', 'e " \\x f', 'g h']],
    ["a '", ['a', '']],
    ["a 'b c", ['a', 'b c']],
    ['a "b c', ['a', 'b c']],
    ['a $(rm -rf /) `b` $HOME *', ['a', '$(rm', '-rf', '/)', '`b`', '$HOME', '*']],
    ['a\\', ['a']],
  ] as const) {
    assert.equal(splitWords(line), words, line);
  }
});

test.run();
