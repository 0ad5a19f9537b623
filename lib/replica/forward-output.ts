/** What a replica prints, passed on to this process's own output. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import type { ReplicaSpec } from '../domain/replica.ts';
import { MarkedLines } from './marked-lines.ts';

/** Kept of what a process printed last as an error, to tell what it died of, in characters. */
const LAST_CHARACTERS = 4096;
/** What may wait for a slow terminal or pipe; beyond it output is dropped, as a replica never waits for that, in bytes. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
/** How long the beginning of a marked line waits for more of it before it is passed on as a line, in ms. */
const UNENDED_MS = 2000;

type Printer = Pick<ReplicaSpec, 'replica' | 'marksOutput'>;

/** Returns what reads the end of its standard error. */
export function forwardProcess(child: ChildProcess, printer: Printer): () => string {
  let last = '';
  if (child.stdout) forward(child.stdout, process.stdout, printer);
  if (child.stderr) {
    forward(child.stderr, process.stderr, printer);
    child.stderr.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString('latin1')).slice(-LAST_CHARACTERS);
    });
  }
  return () => last;
}

/** Nothing to do where its lines need no mark: Node passes them on. To be called before it runs. */
export function forwardThread(worker: Worker, printer: Printer): void {
  if (!printer.marksOutput) return;
  for (const output of ['stdout', 'stderr'] as const) {
    const from = worker[output];
    from.unpipe(process[output]);
    forward(from, process[output], printer);
    from.resume();
  }
}

function forward(from: Readable, to: Writable, { replica, marksOutput }: Printer): void {
  const pass = marksOutput ? passLines(from, to, replica) : (chunk: Buffer) => void to.write(chunk);
  let dropped = 0;
  from.on('data', (chunk: Buffer) => {
    if (to.writableLength > MOST_WAITING_BYTES) {
      dropped += chunk.length;
      return;
    }
    if (dropped > 0)
      to.write(`servelab: ${dropped} bytes of replica '${replica}' dropped: nobody reads them fast enough\n`);
    dropped = 0;
    pass(chunk);
  });
}

/** Whole lines, so that those of two replicas are not torn into each other, each with the tag of its own. */
function passLines(from: Readable, to: Writable, replica: string): (chunk: Buffer) => void {
  const lines = new MarkedLines(replica);
  const write = (text: Buffer): void => {
    if (text.length > 0) to.write(text);
  };
  const end = (): void => write(lines.end());
  const unended = setTimeout(end, UNENDED_MS).unref();
  from.once('close', () => {
    clearTimeout(unended);
    end();
  });
  return (chunk) => {
    write(lines.take(chunk));
    unended.refresh();
  };
}
