/**
 * A thread beside the session's own, which may be spinning: it takes interrupts, and ends the process when its owner, at
 * the other end of descriptor 3, has gone.
 */
import { rmSync, writeSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Interrupter } from '../evaluate/interrupt-thread.ts';
import { JsonLines } from './json-lines.ts';
import { CONTROLLED, type ControlReply, type ControlRequest, READY_FD } from './protocol.ts';

export interface ControlTask {
  readonly path: string;
  readonly interrupts: SharedArrayBuffer;
}

/** The session is told first: users' own `using` and exit handlers are to run. */
const GRACE_MS = 2000;

const { path, interrupts } = workerData as ControlTask;
const interrupter = new Interrupter(interrupts);

const server = createServer((socket) => {
  const peer = new JsonLines<ControlRequest, ControlReply>(socket, ({ id }) => {
    void interrupter.interrupt().then((outcome) => peer.send({ type: 'interrupt_reply', parent: id, outcome }));
  });
});
server.listen(path, () => {
  parentPort?.postMessage('controlled');
  try {
    // Not by way of the session's own thread, which may be spinning already.
    writeSync(READY_FD, CONTROLLED);
  } catch {
    // Whoever would read it has gone, as the life line tells, too.
  }
});

const owner = new Socket({ fd: 3, readable: true, writable: false });
owner.on('error', () => {});
owner.on('close', () => {
  parentPort?.postMessage('orphaned');
  setTimeout(() => {
    rmSync(dirname(path), { recursive: true, force: true });
    process.kill(process.pid, 'SIGKILL');
  }, GRACE_MS);
});
owner.resume();
