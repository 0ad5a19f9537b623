/** Messages over a socket, a line of JSON each. */
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

export class JsonLines<In extends object, Out extends object> {
  readonly socket: Socket;
  /** Resolves when the other side has gone. */
  readonly closed: Promise<void>;

  constructor(socket: Socket, take: (message: In) => void) {
    this.socket = socket;
    // A socket that fails closes, which is all that is to be known of it.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    readLines(socket, (line) => {
      let message: In;
      try {
        message = JSON.parse(line);
      } catch {
        socket.destroy(); // the other side speaks something else
        return;
      }
      take(message);
    });
  }

  /** Bytes that wait for the other side to read them. */
  get waiting(): number {
    return this.socket.writableLength;
  }

  send(message: Out): void {
    if (!this.socket.destroyed) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Once all that was sent has left. */
  end(): Promise<void> {
    this.socket.end();
    return this.closed;
  }
}

function readLines(socket: Socket, take: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  socket.on('data', (chunk: Buffer) => {
    const [head = '', ...lines] = decoder.write(chunk).split('\n');
    parts.push(head);
    for (const line of lines) {
      const whole = parts.join('');
      parts = [line];
      take(whole);
    }
  });
}
