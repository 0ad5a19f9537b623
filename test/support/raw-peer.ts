/** Somebody who speaks to a control socket byte by byte, and need not mean what a client means. */
import { connect, type Socket } from 'node:net';
import { Deserializer, Serializer } from 'node:v8';

/** The number of the protocol, and of what V8 writes, as this Node and this version speak them. */
export const PROTOCOL = `1.${bytesOf(null)[1]}`;

export const greeting = (role: string): string => `servelab ${PROTOCOL} ${role} 0.1.0\n`;

/** A value as V8 writes it. */
export function bytesOf(value: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** What is flat is written as JSON, the rest by V8. */
function readBytes(bytes: Buffer): unknown {
  if (bytes.toString('latin1', 0, 1) === '{') return JSON.parse(bytes.toString());
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

/** A length and what follows it; the length is another if that is given. */
export function frame(bytes: Buffer, length = bytes.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, bytes]);
}

export const message = (value: unknown): Buffer => frame(bytesOf(value));

export class RawPeer {
  readonly socket: Socket;
  /** Resolves when the other side has let go. */
  readonly closed: Promise<void>;
  #heard = Buffer.alloc(0);
  #isClosed = false;
  #onHeard = (): void => {};

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#isClosed = true;
        this.#onHeard();
        resolve();
      });
    });
  }

  /** One who has greeted and was welcomed. */
  static async greeted(path: string, role: 'control' | 'queries'): Promise<RawPeer> {
    const peer = new RawPeer(path);
    peer.listen();
    peer.say(greeting(role));
    await peer.line();
    return peer;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Until then it reads nothing. */
  listen(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
      this.#onHeard();
    });
  }

  say(...words: readonly (string | Buffer)[]): void {
    for (const word of words) if (!this.#isClosed) this.socket.write(word);
  }

  /** Everything heard until the other side lets go. */
  async all(): Promise<string> {
    await this.closed;
    return this.#heard.toString('latin1');
  }

  async line(): Promise<string> {
    while (!this.#heard.includes(10) && !this.#isClosed) await this.#more();
    const end = this.#heard.indexOf(10);
    const line = this.#heard.toString('latin1', 0, end);
    this.#heard = this.#heard.subarray(end + 1);
    return line;
  }

  /** The next message; undefined when the other side has let go. */
  async next(): Promise<unknown> {
    while (this.#heard.length < 4 || this.#heard.length < 4 + this.#heard.readUInt32LE(0)) {
      if (this.#isClosed) return undefined;
      await this.#more();
    }
    const end = 4 + this.#heard.readUInt32LE(0);
    const value = readBytes(this.#heard.subarray(4, end));
    this.#heard = this.#heard.subarray(end);
    return value;
  }

  /** The first message that is the one looked for; undefined when the other side has let go before. */
  async until(isIt: (message: unknown) => boolean): Promise<unknown> {
    for (;;) {
      const next = await this.next();
      if (next === undefined || isIt(next)) return next;
    }
  }

  async end(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHeard = resolve;
    });
  }
}
