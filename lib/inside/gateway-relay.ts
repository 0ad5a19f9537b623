/** A thread beside a replica's own in its process: passes messages between that one, which blocks, and the instance. */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { Hello } from '../wire/file-claims.ts';
import { SocketPort } from '../wire/socket-port.ts';

export interface RelayTask {
  readonly port: MessagePort;
  /** Counted up after each message for the replica's thread, which may wait for that. */
  readonly wake: Int32Array;
  /** Where the instance takes such queries. */
  readonly gateway: string;
  readonly hello: Hello;
}

const { port, wake, gateway, hello } = workerData as RelayTask;
const socket = SocketPort.connect(gateway);

const wakeUp = (): void => {
  Atomics.add(wake, 0, 1);
  Atomics.notify(wake, 0);
};

socket.postMessage(hello);
port.on('message', (frames) => socket.postMessage(frames));
port.on('close', () => socket.close());
socket.on('message', (frames) => {
  port.postMessage(frames);
  wakeUp();
});
socket.on('close', () => {
  port.close();
  wakeUp();
});
