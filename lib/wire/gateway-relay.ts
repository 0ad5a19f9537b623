/** A thread that passes messages between the thread that started it, which blocks at times, and an instance's socket. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type MessagePort, workerData } from 'node:worker_threads';
import { greet } from './greeting.ts';
import type { SocketPort } from './socket-port.ts';

export interface RelayTask {
  readonly port: MessagePort;
  /** Counted up after each message for the other thread, which may wait for that; the second is 1 once we are connected. */
  readonly wake: Int32Array;
  /** The instance's socket. */
  readonly path: string;
  readonly version: string;
  /** How long the instance may be away. */
  readonly patienceMs: number;
}

const PAUSE_MS = 50;

const { port, wake, path, version, patienceMs } = workerData as RelayTask;

const wakeUp = (): void => {
  Atomics.add(wake, 0, 1);
  Atomics.notify(wake, 0);
};

/** Whoever blocks learns that nothing more comes: a port's own end would need its event loop. */
const end = (): void => {
  port.postMessage(null);
  port.close();
  wakeUp();
};

async function connected(): Promise<SocketPort> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await greet(path, 'queries', version);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!['ECONNREFUSED', 'ECONNRESET'].includes(code) || performance.now() > end) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

try {
  const socket = await connected();
  Atomics.store(wake, 1, 1);
  port.on('message', (frames) => socket.postMessage(frames));
  port.on('close', () => socket.close());
  socket.on('message', (frames) => {
    port.postMessage(frames);
    wakeUp();
  });
  socket.on('close', end);
} catch {
  end(); // there is no instance at the path any more
}
