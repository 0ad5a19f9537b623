/** What runs on this machine, by Linux's own account. Those that have ended and are not yet reaped do not count. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './instance.ts';

export interface LiveProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** `R` running, `S` sleeping, `T` stopped. */
  readonly state: string;
}

export function liveProcesses(): LiveProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => processOf(Number(pid)) ?? []);
}

/** Null: it has ended. */
export function processOf(pid: number): LiveProcess | null {
  const stat = readProc(pid, 'stat');
  const [state = 'X', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || state === 'X' || (state === 'Z' && threadsOf(pid) <= 1)) return null;
  return { pid, parent: Number(parent), group: Number(group), state };
}

/** A process that shows as ended has its files open while threads of it are left. */
function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0; // it has ended meanwhile
  }
}

export const isAlive = (pid: number): boolean => processOf(pid) !== null;

export const isStopped = (pid: number): boolean => processOf(pid)?.state === 'T';

/** Those whose environment, as they were started with, holds this text. Child processes inherit it. */
export const marked = (mark: string): LiveProcess[] =>
  liveProcesses().filter(({ pid }) => readProc(pid, 'environ').includes(mark));

/** Those that this process has started itself. */
export const childPids = (): number[] =>
  liveProcesses()
    .filter(({ parent }) => parent === process.pid)
    .map(({ pid }) => pid);

/** Resolves when no more and no fewer child processes are left than these. */
export function untilChildren(count: number): Promise<void> {
  return until(() => childPids().length === count, `${count} child processes`);
}

/** Resident memory, in bytes. */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1] ?? Number.NaN) * 1024;

/** What its open descriptors lead to. */
export function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((name) => {
    try {
      return readlinkSync(join(directory, name));
    } catch {
      return []; // closed since it was listed
    }
  });
}

/** Where instances of this process keep their sockets and files. */
export function runDirectories(): string[] {
  const bases = [process.env.XDG_RUNTIME_DIR ?? '', '/dev/shm', tmpdir()].filter((base) => base !== '');
  return bases.flatMap((base) =>
    readdirSync(base)
      .filter((name) => name.startsWith(`servelab-${process.pid}-`))
      .map((name) => join(base, name)),
  );
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended meanwhile, or is somebody else's
  }
}
