/** Runs an instance whose replica prints, in a process of its own, and reads what comes out of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The methods of `Printing`, and `keepPrinting` while the instance's own thread is blocked. */
export type Scenario = 'flood' | 'floodAndExit' | 'floodErrors' | 'keepPrinting' | 'ordinary' | 'blocked';

/** Of the instance's process, while its replica printed. */
export interface Measured {
  /** Queries of another backend. */
  readonly answered: number;
  readonly worstMs: number;
  /** Of its resident memory, the replica's thread included. */
  readonly grownBytes: number;
}

export interface Printed {
  readonly measured: Measured;
  readonly out: string;
  readonly err: string;
}

const LIMIT_MS = 120_000;

/** Ends the instance when `isComplete` holds for what has come out; `readLate`: nothing is read before it has measured. */
export async function print(
  scenario: Scenario,
  lines: number,
  isComplete: (out: string, err: string) => boolean,
  { readLate = false, isolation = 'thread' }: { readonly readLate?: boolean; readonly isolation?: string } = {},
): Promise<Printed> {
  const file = fileURLToPath(new URL('./printing-instance.js', import.meta.url));
  const child = fork(file, [scenario, String(lines), isolation], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  try {
    const told = messageOf(child);
    if (readLate) await told;
    const { out, err } = await readUntil(child, isComplete);
    return { measured: await told, out, err };
  } finally {
    await end(child);
  }
}

function messageOf(child: ChildProcess): Promise<Measured> {
  return new Promise((resolve, reject) => {
    child.once('message', (measured) => resolve(measured as Measured));
    child.once('exit', (code) => reject(new Error(`the instance ended with ${code} before it told anything`)));
  });
}

async function readUntil(
  child: ChildProcess,
  isComplete: (out: string, err: string) => boolean,
): Promise<{ out: string; err: string }> {
  const read = { out: '', err: '' };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const listen = (stream: Readable | null, name: 'out' | 'err'): void => {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      read[name] += text;
      if (isComplete(read.out, read.err)) resolve();
    });
  };
  listen(child.stdout, 'out');
  listen(child.stderr, 'err');
  child.once('exit', (code) => reject(new Error(`the instance ended with ${code}; it had said ${read.err}`)));
  const late = setTimeout(() => reject(new Error(`what was to be printed was not within ${LIMIT_MS} ms`)), LIMIT_MS);
  try {
    await promise;
    return read;
  } finally {
    clearTimeout(late);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.send('end');
  await exited;
}
