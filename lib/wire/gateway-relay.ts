/** A thread that passes messages between the thread that started it, which blocks at times, and an instance's socket. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { greet } from './greeting.ts';

export interface RelayTask {
  readonly port: MessagePort;
  /** Counted up after each message for the other thread, which may wait for that. */
  readonly wake: Int32Array;
  /** The instance's socket. */
  readonly path: string;
  readonly version: string;
}

const { port, wake, path, version } = workerData as RelayTask;

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

try {
  const socket = await greet(path, 'queries', version);
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
