/** What a terminal shows while a notebook runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../../support/require.ts';
import { command } from '../command-fixture.ts';
import { Screen, tmux } from '../screen.ts';

const test = suite('a notebook that runs in a terminal');

const NOTEBOOK = `// %% Shows
display('a value');
// %% Waits
const { existsSync } = await import('node:fs');
const grown = display('grows');
while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
grown.update('has grown');
`;

requireOrSkip(test, 'the cell that runs is named until it prints, or has ended', tmux, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'progress-'));
  writeFileSync(join(folder, 'waits.ts'), NOTEBOOK);
  const screen = await Screen.open(['env', '-C', folder, process.execPath, command, 'notebook', 'run', 'waits.ts']);
  try {
    await screen.waitFor(/'a value'\ncell 1 of 2 {2}Shows {2}[\d.]+ m?s\ncell 2 of 2 {2}Waits …\s*$/);
    writeFileSync(join(folder, 'go'), '');
    await screen.waitFor(/\n'has grown'\ncell 2 of 2 {2}Waits {2}[\d.]+ m?s\nwaits\.ts: 2 cells ran in [\d.]+ m?s\n/);
    assert.is(await screen.exitCode(), 0);
  } finally {
    await screen.close();
    rmSync(folder, { recursive: true });
  }
});

test.run();
