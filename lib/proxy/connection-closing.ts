/**
 * Closing a connection so that the caller still reads the answer: closing while its bytes are under way makes the
 * kernel send a reset, which may throw away an answer not yet read. So: end our side, drop what arrives, then destroy.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

interface ClosingSocket extends Socket {
  endsWithAnswer?: boolean;
}

const LINGER_MS = 1000;

/** The connection ends after this response, whose head must not be written yet. */
export function closeAfterAnswer(res: ServerResponse): void {
  // Node turns this into `Connection: close`, and calls the socket's destroySoon once the answer is written.
  res.shouldKeepAlive = false;
  const socket: ClosingSocket = res.req.socket;
  socket.endsWithAnswer = true;
  socket.destroySoon = () => endLingering(socket, '');
}

/** True when nothing more on this connection is a request, whatever it looks like. */
export function isClosing(socket: Socket): boolean {
  const known: ClosingSocket = socket;
  return known.endsWithAnswer === true || socket.writableEnded;
}

/** Writes `text`, ends our side and gives the caller a moment to read it. */
export function endLingering(socket: Duplex, text: string): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  if (!socket.writableEnded) socket.end(text);
  socket.resume();
}
