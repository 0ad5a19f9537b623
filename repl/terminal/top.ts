/** `.top`: the terminal UI, which has the terminal until its user leaves it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Interface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../main.js', import.meta.url));

/**
 * In a process of its own: what it loads would slow the prompt down for good, and nothing of it can take the session with
 * it. Resolves when it has ended, however.
 */
export async function runTop(name: string, line: string, editor: Interface): Promise<void> {
  const { stdin } = process;
  const words = line.split(/\s+/).filter((word) => word !== '');
  editor.pause();
  if (stdin.isTTY) stdin.setRawMode(false);
  // Reading ends a little later, and keys that are read here do not reach it.
  await turn();
  stdin.pause();
  await turn();
  const child = spawn(process.execPath, [...process.execArgv, COMMAND, 'top', '--name', name, ...words], {
    stdio: 'inherit',
  });
  const endWithUs = (): void => void child.kill();
  process.once('exit', endWithUs);
  try {
    await once(child, 'exit');
  } finally {
    process.off('exit', endWithUs);
    if (stdin.isTTY) stdin.setRawMode(true);
    editor.resume();
  }
}
