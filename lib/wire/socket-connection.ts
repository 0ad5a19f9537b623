/** Connections for queries between processes, over Unix sockets: a router's end and a replica's. */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { FileClaimsReceiver, FileClaimsSender, type Hello } from './file-claims.ts';
import type { SenderOptions } from './outgoing-query.ts';
import { QuerySender } from './query-sender.ts';
import { SocketPort } from './socket-port.ts';

let opened = 0;

/** A new path for a file of claims, in a directory of the user's own. */
export const claimsPath = (directory: string): string =>
  join(directory, `claims-${process.pid}-${threadId}-${++opened}`);

/**
 * A router's end of a connection to whoever takes them at `address`, which may still be on its way. The file of claims
 * is made in `directory`, which must be the user's own.
 */
export function connectTo(address: string | Promise<string>, directory: string, options: SenderOptions): QuerySender {
  const path = claimsPath(directory);
  let claims: FileClaimsSender;
  try {
    claims = new FileClaimsSender(path);
  } catch (cause) {
    return lostFrom(cause, options);
  }
  const port = SocketPort.connect(address);
  port.postMessage({ claims: path } satisfies Hello);
  return new QuerySender(port, claims, options);
}

/** A connection that cannot be had (no file can be opened any more) is one that is lost: queries go elsewhere, or wait. */
function lostFrom(cause: unknown, options: SenderOptions): QuerySender {
  process.emitWarning(`servelab: a replica cannot be reached: ${cause instanceof Error ? cause.message : cause}`);
  const nothing = { crossesProcesses: true, addSlot: () => null, reset() {}, revoke: () => true, close() {} };
  const sender = new QuerySender(SocketPort.connect(Promise.reject(cause)), nothing, options);
  sender.lose();
  return sender;
}

/** Takes connections at a Unix socket, without keeping the event loop alive. Rejects when the socket cannot be made. */
export function listenAt(
  address: string,
  connected: (port: SocketPort, claims: FileClaimsReceiver) => void,
): Promise<Server> {
  const server = createServer((socket) => {
    const port = new SocketPort(socket);
    port.unref();
    port.once('message', (hello: Hello) => {
      const claims = FileClaimsReceiver.open(hello);
      if (claims) connected(port, claims);
      else port.close();
    });
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => resolve(server));
  });
}
