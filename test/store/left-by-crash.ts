// A directory as a process leaves it that is killed with everything acknowledged and nothing closed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';

export interface Crash {
  /** Records `key.0`, `key.1`, … each put once. */
  readonly writes: number;
  /** After how many of them the safety copy is made; 0 = never. */
  readonly copyAt: number;
}

const PROGRAM = fileURLToPath(new URL('./programs/crashing.js', import.meta.url));

export async function leftByCrash(directory: string, { writes, copyAt }: Crash): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, directory, String(writes), String(copyAt)], { stdio: 'inherit' });
  assert.equal(await once(child, 'exit'), [null, 'SIGKILL']);
}
