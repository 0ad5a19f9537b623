/** What this process holds of the machine, to be compared with what it held before. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { until } from './instance.ts';
import { childPids, runDirectories } from './processes.ts';
import { workerCount } from './threads.ts';

export type Held = Readonly<Record<'descriptors' | 'threads' | 'workers' | 'children' | 'files', number>>;

export async function heldNow(): Promise<Held> {
  await readFile('/proc/self/stat'); // the threads that Node reads files with stay, once there
  // A connection has a file until both ends have opened it.
  await until(() => !runFiles().some((name) => name.startsWith('claims-')), 'connections to be made');
  return countHeld();
}

const runFiles = (): string[] => runDirectories().flatMap((directory) => readdirSync(directory));

/** Resolves when exactly this much is held. */
export async function untilHeld(wanted: Held): Promise<void> {
  const isSo = (): boolean => JSON.stringify(countHeld()) === JSON.stringify(wanted);
  await until(isSo, 'everything to be as before', 30_000).catch(() => {});
  assert.equal(countHeld(), wanted);
}

function countHeld(): Held {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    workers: workerCount(),
    children: childPids().length,
    files: runFiles().length,
  };
}
