import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { type Requirement, requireOrSkip } from '../support/require.ts';
import { command, inFolder, shown } from './command-fixture.ts';
import { Screen, tmux } from './screen.ts';

const test = suite('completion');

/** A test with an instance that has two endpoints and two backends, one with a colon in its name. */
const withNames = (run: (name: string) => Promise<void>): (() => Promise<void>) =>
  withInstance(
    async (client) => {
      await client.createBackend('model:v1', () => 1, { config: { numReplicas: 0 } });
      await client.createBackend('other', () => 1, { config: { numReplicas: 0 } });
      await client.createEndpoint('answers', { backend: 'other', route: '/answers' });
      await client.createEndpoint('questions', { backend: 'other' });
      await run((await client.status()).instance.name);
    },
    { name: 'completed' },
  );

test(
  'names are those of the instance that the line names, with what they are',
  withNames(async (name) => {
    const ask = (shell: string, line: string): Promise<string> => shown('complete', shell, line);
    assert.is(await ask('fish', `servelab call --name ${name} `), 'answers\t/answers\nquestions\t\n');
    assert.is(await ask('zsh', `servelab scale --name ${name} m`), 'model:v1\t0 replicas\n');
    assert.match(await ask('fish', `servelab rollback --name ${name} `), /^1\tbackend 'model:v1' created\n2\t/);
    assert.match(await ask('fish', 'servelab stop --name '), new RegExp(`^${name}\thttp://127\\.0\\.0\\.1:\\d+\n$`));
    assert.is(await ask('fish', 'servelab call --name nobody '), '');
    assert.is(await ask('fish', 'servelab apply '), ':files\n');
    // Bash takes what stands behind a colon or an equals sign for the word.
    assert.is(await ask('bash', `servelab traffic answers --name ${name} model:`), 'v1=\n');
    assert.is(await ask('bash', 'servelab stop --name=comp'), `${name}\n`);
    assert.is(await ask('bash', `servelab traffic answers --name ${name} `), 'model:v1=\nother=\n');
  }),
);

interface Shell {
  readonly name: 'bash' | 'zsh' | 'fish';
  readonly start: readonly string[];
  /** Typed first. */
  readonly setup: string;
}

const shells: readonly Shell[] = [
  {
    name: 'bash',
    start: ['bash', '--norc', '--noprofile'],
    setup: 'unset HISTFILE; PS1="> "; source <(servelab completion bash)',
  },
  {
    name: 'zsh',
    start: ['zsh', '-f'],
    setup: 'PS1="> "; autoload -Uz compinit; compinit -D; source <(servelab completion zsh)',
  },
  {
    name: 'fish',
    start: ['fish', '--no-config'],
    setup: 'function fish_prompt; printf "> "; end; servelab completion fish | source',
  },
];

for (const { name, start, setup } of shells) {
  const isInstalled = spawnSync(name, ['--version']).status === 0;
  const needs: Requirement = tmux.available ? { available: isInstalled, why: `${name} is not installed` } : tmux;
  requireOrSkip(
    test,
    `${name} completes commands, options, names, values and files, and runs nothing of the line`,
    needs,
    withNames(async (instance) => {
      await inFolder({ 'a file.ts': '', 'bin/servelab': '', 'bin/serve': '' }, async (folder) => {
        const screen = await shellIn(folder, start);
        try {
          await screen.enter(`cd ${folder}; clear`);
          await screen.enter(setup);
          await screen.enter("echo rea''dy");
          await screen.waitFor(/\nready\n>/);
          const typed = async (line: string, completed: string): Promise<void> => {
            await screen.enter('clear');
            await screen.waitFor(/^> *$/m);
            await screen.type(line);
            await screen.press('Tab');
            await screen.waitFor(new RegExp(`^> ${completed.trimEnd()}`, 'm'));
            // Where the cursor is: behind a space, or not.
            await screen.type('^');
            await screen.waitFor(new RegExp(`^> ${completed}\\^`, 'm'));
            await screen.press('C-c');
          };
          await typed('servelab hist', 'servelab history ');
          await typed('serve roll', 'serve rollback ');
          await typed('servelab status --js', 'servelab status --json ');
          await typed('servelab stop --name comp', `servelab stop --name ${instance} `);
          await typed(`servelab call --name ${instance} ans`, `servelab call --name ${instance} answers `);
          await typed(`servelab scale --name ${instance} model:`, `servelab scale --name ${instance} model:v1 `);
          await typed(`servelab traffic q --name ${instance} oth`, `servelab traffic q --name ${instance} other=`);
          await typed('servelab apply a', 'servelab apply a\\\\ file\\.ts ');
          await typed('servelab call "$(touch ran)" --js', 'servelab call "\\$\\(touch ran\\)" --json ');
          assert.not(existsSync(join(folder, 'ran')));
        } finally {
          await screen.close();
        }
      })();
    }),
  );
}

test.run();

/** A shell whose PATH has the command, under both of its names. */
function shellIn(folder: string, start: readonly string[]): Promise<Screen> {
  for (const name of ['servelab', 'serve']) {
    const path = join(folder, 'bin', name);
    writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`);
    chmodSync(path, 0o755);
  }
  return Screen.open(['env', `PATH=${join(folder, 'bin')}:${process.env.PATH}`, `HOME=${folder}`, ...start]);
}
