/** Processes of an instance that was killed: what its replicas had started may still be there, holding ports and GPUs. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { INSTANCE_VARIABLE } from '../domain/replica.ts';

const LOOK_EVERY_MS = 5;

/**
 * Ends every process of this user that an instance of that state directory has left, and resolves when they are gone, or
 * after `withinMs` with those that are not. Where there is no /proc, nothing can be looked for.
 */
export async function endLeftovers(stateDirectory: string, withinMs: number): Promise<readonly number[]> {
  const mark = `${INSTANCE_VARIABLE}=${stateDirectory}`;
  const end = performance.now() + withinMs;
  for (;;) {
    const left = processesMarked(mark);
    if (left.length === 0 || performance.now() > end) return left;
    for (const pid of left) kill(pid);
    await sleep(LOOK_EVERY_MS);
  }
}

function processesMarked(mark: string): number[] {
  return processes().filter((pid) => pid !== process.pid && environmentOf(pid).includes(mark));
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return []; // not Linux
  }
}

/** As it was at the start of the process. Empty for one that has ended, and for another user's. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
