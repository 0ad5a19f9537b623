import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { RelayTask } from './gateway-relay.ts';

const RELAY_FILE = new URL('./gateway-relay.js', import.meta.url);

/**
 * A port to an instance's socket for a thread that blocks at times: while it does, nothing reads sockets here, so
 * another thread does, and counts `wake` up after each message that it passes on. `patienceMs`: how long an instance may
 * be looked for that is not there.
 */
export function startRelay(
  path: string,
  version: string,
  patienceMs = 0,
): { readonly port: MessagePort; readonly wake: Int32Array } {
  const { port1, port2 } = new MessageChannel();
  const wake = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const workerData: RelayTask = { port: port2, wake, path, version, patienceMs };
  new Worker(RELAY_FILE, { workerData, transferList: [port2], execArgv: [] }).unref();
  return { port: port1, wake };
}
