/** What a replica's process prints, passed on to this process's own output. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** Kept of what it printed last as an error, to tell what it died of, in characters. */
const LAST_CHARACTERS = 4096;
/** What may wait for a slow terminal or pipe; beyond it output is dropped, as a replica never waits for that, in bytes. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/** Returns what reads the end of its standard error. */
export function forwardOutput(child: ChildProcess, replica: string): () => string {
  let last = '';
  if (child.stdout) forward(child.stdout, process.stdout, replica);
  if (child.stderr) {
    forward(child.stderr, process.stderr, replica);
    child.stderr.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString('latin1')).slice(-LAST_CHARACTERS);
    });
  }
  return () => last;
}

function forward(from: Readable, to: Writable, replica: string): void {
  let dropped = 0;
  from.on('data', (chunk: Buffer) => {
    if (to.writableLength > MOST_WAITING_BYTES) {
      dropped += chunk.length;
      return;
    }
    if (dropped > 0)
      to.write(`servelab: ${dropped} bytes of replica '${replica}' dropped: nobody reads them fast enough\n`);
    dropped = 0;
    to.write(chunk);
  });
}
