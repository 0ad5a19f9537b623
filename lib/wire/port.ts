/** What lies between two sides that exchange messages. A MessagePort is one; a SocketPort joins processes. */
import { MessagePort, receiveMessageOnPort, type Transferable } from 'node:worker_threads';

export interface Port {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message' | 'close', listener: (message: unknown) => void): unknown;
  /** Keeps the event loop alive from now on. */
  ref(): void;
  unref(): void;
  /** What was posted before still arrives. */
  close(): void;
}

/** What the other side may not say: the connection ends, and that is all there is to tell of it. */
export class Misspoken extends Error {
  override readonly name = 'Misspoken';
}

/** A message that has arrived, taken without the event loop; undefined: none, or this port cannot tell without it. */
export const takeMessage = (port: Port): { readonly message: unknown } | undefined =>
  port instanceof MessagePort ? receiveMessageOnPort(port) : undefined;
