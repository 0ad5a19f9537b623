// Faults in a program's own system calls on a store's files, put there by strace.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesOf, storePaths } from '../../lib/store/sqlite-paths.ts';
import type { Requirement } from '../support/require.ts';
import { rest, startProgram } from './lines-of.ts';

/** What changes a store's files. The question mark: not every machine has each of them. */
const WRITING = [
  'pwrite64',
  'fsync',
  'fdatasync',
  'ftruncate',
  '?unlink',
  'unlinkat',
  '?rename',
  'renameat',
  'renameat2',
];
const MAKING = ['?link', 'linkat', '?open', 'openat'];

export interface Ran {
  readonly lines: readonly string[];
  readonly exit: readonly [number | null, NodeJS.Signals | null];
}

export function straceNeeded(): Requirement {
  const { status, error } = spawnSync('strace', ['-f', '-e', 'trace=fsync', 'true'], { stdio: 'ignore' });
  if (error) return { available: false, why: 'strace is not installed' };
  return { available: status === 0, why: 'strace may not trace here', isForbidden: true };
}

/** Runs `programs/NAME.js DIRECTORY …` with one fault: `pwrite64:error=EIO:when=3`. */
export async function runWithFault(
  name: string,
  directory: string,
  args: readonly string[],
  fault: string,
): Promise<Ran> {
  return run(name, args, directory, ['-e', `trace=${fault.split(':')[0]}`, '-e', `inject=${fault}`, '-o', '/dev/null']);
}

/** One call among those of a program's life: the `time`th of its kind, from 1. */
export interface CallPoint {
  readonly call: string;
  readonly time: number;
  /** Of the file that it is about; '' for a name. */
  readonly path: string;
}

/** All the calls that program makes when nothing happens to it. */
export async function countCalls(name: string, directory: string, args: readonly string[]): Promise<CallPoint[]> {
  const log = join(tmpdir(), `servelab-strace-${process.pid}`);
  try {
    const calls = [...WRITING, ...MAKING].join(',');
    const { exit } = await run(name, args, directory, ['-e', `trace=${calls}`, '-o', log]);
    if (exit[0] !== 0) throw new Error(`without a fault the program ends with ${exit.join()}`);
    const found = readFileSync(log, 'utf8').matchAll(/^\d+ +(\w+)\((?:\d+<([^>]*)>)?/gm);
    const counts = new Map<string, number>();
    return [...found].map(([, call = '', path = '']) => {
      const time = (counts.get(call) ?? 0) + 1;
      counts.set(call, time);
      return { call, time, path };
    });
  } finally {
    rmSync(log, { force: true });
  }
}

/** So many, evenly spread; others each time, so that many runs see all of them. */
export function spread<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  const start = Math.random() * step;
  const places = Array.from({ length: count }, (_, n) => Math.floor(start + n * step));
  return places.flatMap((place) => items[place] ?? []);
}

async function run(name: string, args: readonly string[], directory: string, options: readonly string[]): Promise<Ran> {
  const { database, copy, draft, damaged, lock, witness } = storePaths(directory);
  const files = [directory, ...[database, copy, draft, damaged].flatMap(filesOf), lock, witness];
  const watched = files.flatMap((path) => ['-P', path]);
  // Without --seccomp-bpf: with it no signal is sent. Quiet about paths that do not exist yet.
  const before = ['strace', '-f', '-y', '-qqq', ...watched, ...options];
  const talker = startProgram(name, [directory, ...args], before);
  const lines = await rest(talker);
  return { lines, exit: await talker.exit };
}
