/** A program with replicas in processes, in a terminal. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../fixtures/faults/rig.ts';
import type { AfterInterrupt } from '../fixtures/faults/terminal.ts';
import { marked } from '../support/processes.ts';
import { requireOrSkip } from '../support/require.ts';

const test = suite('replicas of a program in a terminal');

const PROGRAM = fileURLToPath(new URL('../fixtures/faults/terminal.js', import.meta.url));
const CTRL_C = '\x03';

const needs = {
  available: spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0,
  why: "util-linux's script is not installed",
};

interface Terminal {
  /** util-linux's script, which holds the terminal. */
  readonly holder: ChildProcess;
  /** In the environment of the replica. */
  readonly mark: string;
  /** What the terminal shows so far. */
  shown(): string;
}

async function openTerminal(): Promise<Terminal> {
  const mark = `mark-${randomUUID()}`;
  const holder = spawn('script', ['-qec', `exec '${process.execPath}' '${PROGRAM}' ${mark}`, '/dev/null']);
  let shown = '';
  for (const stream of [holder.stdout, holder.stderr]) {
    stream.on('data', (chunk) => {
      shown += chunk;
    });
  }
  await until('the program is ready', () => shown.includes('ready'));
  return { holder, mark, shown: () => shown };
}

requireOrSkip(test, 'go on serving when Ctrl-C interrupts the program, which may live on', needs, async () => {
  const { holder, shown } = await openTerminal();
  try {
    holder.stdin?.write(CTRL_C);
    const said = (): string | undefined => /\{.*\}/.exec(shown())?.[0]; // behind the terminal's own `^C`
    await until('it says what became of it', () => said() !== undefined);
    const { childEndedBy, before, after, restarts } = JSON.parse(said() ?? '') as AfterInterrupt;
    assert.is(childEndedBy, 'SIGINT', 'the Ctrl-C reached the whole foreground');
    assert.equal([after, restarts], [before, 0], 'but not the replica');
    holder.stdin?.end();
    assert.equal(await once(holder, 'exit'), [0, null]);
  } finally {
    holder.kill('SIGKILL');
  }
});

requireOrSkip(test, 'end with the program when its terminal is closed', needs, async () => {
  const { holder, mark } = await openTerminal();
  assert.is(marked(mark).length, 1);
  holder.kill('SIGKILL');
  await until('the replica has ended', () => marked(mark).length === 0);
});

test.run();
