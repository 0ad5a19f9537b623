/**
 * A port between processes: messages over a Unix socket, each a length (u32, little endian) and what V8's serializer
 * makes of it, or JSON where the sender knows that it will do. Values arrive as over a MessagePort, except that nothing
 * is shared and nothing can be transferred.
 */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { Deserializer, Serializer } from 'node:v8';
import { LENGTH_BYTES, MessageReader } from './message-reader.ts';
import { Misspoken, type Port } from './port.ts';
import { MessageTooLong } from './too-long.ts';

const ROOM_FOR_LENGTH = Buffer.alloc(LENGTH_BYTES);
/** Bytes of the longest message: whoever announces a longer one speaks something else, or means ill, and is let go. */
export const LONGEST_MESSAGE = 2 ** 30;

/** For the other side when it is somebody who may speak anything, or read nothing. */
export interface PortRules {
  /** Whether a message of so many bytes is one that may come. One that may not ends the connection. */
  accepts(message: unknown, bytes: number): boolean;
  /** Bytes that wait for the other side, from which on it is not listened to: it must read what it asked for first. */
  readonly listensUntil: number;
  /** Bytes that wait for the other side, from which on nothing more does: it is let go. */
  readonly waitsUntil: number;
}

export class SocketPort extends EventEmitter implements Port {
  readonly #socket: Socket;
  readonly #rules: PortRules | null;
  readonly #incoming = new MessageReader(LONGEST_MESSAGE, (bytes) => this.#deliver(bytes));
  #isReading = false;

  constructor(socket: Socket, rules: PortRules | null = null) {
    super();
    this.#socket = socket;
    this.#rules = rules;
    if (rules) this.#write = (bytes) => this.#writeAsAllowed(bytes, rules);
    // A socket that fails closes, which is all that is to be known of it.
    socket.on('error', () => {});
    socket.on('close', () => this.emit('close'));
    // As with a MessagePort, messages wait for the first who listens.
    this.on('newListener', (event: string) => {
      if (event === 'message') this.#read();
    });
  }

  /** A port to whoever listens at `address`, which may still be on its way. Messages wait; failure closes the port. */
  static connect(address: string | Promise<string>): SocketPort {
    const socket = new Socket();
    if (typeof address === 'string') {
      socket.connect(address);
      return new SocketPort(socket);
    }
    const port = new SocketPort(socket);
    const early: Buffer[] = [];
    port.#write = (bytes) => void early.push(bytes);
    address.then(
      (path) => {
        if (socket.destroyed) return;
        socket.connect(path);
        port.#write = (bytes) => void socket.write(bytes);
        for (const bytes of early.splice(0)) socket.write(bytes);
      },
      () => socket.destroy(),
    );
    return port;
  }

  /** Throws, with nothing sent: a DataCloneError for what only threads of one process can pass on; MessageTooLong. */
  postMessage(message: unknown): void {
    this.#post(serialize(message));
  }

  /** The same for what JSON gives back as it is: for small messages it costs half as much. */
  postPlain(message: object): void {
    this.#post(asJson(message));
  }

  #post(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#write(bytes);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  close(): void {
    this.#socket.destroySoon();
  }

  #write: (bytes: Buffer) => void = (bytes) => void this.#socket.write(bytes);

  #writeAsAllowed(bytes: Buffer, { listensUntil, waitsUntil }: PortRules): void {
    const socket = this.#socket;
    if (socket.writableLength > waitsUntil) {
      socket.destroy();
      return;
    }
    socket.write(bytes);
    if (socket.writableLength <= listensUntil || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#incoming.take(chunk)) this.#socket.destroy();
    });
    this.#socket.resume();
  }

  #deliver(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    let message: unknown;
    try {
      message = deserialize(bytes);
    } catch {
      this.#socket.destroy(); // the other side speaks something else
      return;
    }
    if (this.#rules === null) this.emit('message', message);
    else this.#deliverAsAllowed(message, bytes.length, this.#rules);
  }

  /** What one of many peers says must not end us, even where the rules have let through what they should not. */
  #deliverAsAllowed(message: unknown, bytes: number, rules: PortRules): void {
    try {
      if (rules.accepts(message, bytes)) this.emit('message', message);
      else this.#socket.destroy();
    } catch (error) {
      this.#socket.destroy();
      if (error instanceof Misspoken) return;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`servelab: a message of another process could not be handled, and it was let go: ${reason}`);
    }
  }
}

function serialize(message: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeRawBytes(ROOM_FOR_LENGTH);
  serializer.writeHeader();
  serializer.writeValue(message);
  const bytes = serializer.releaseBuffer();
  bytes.writeUInt32LE(allowed(bytes.length - LENGTH_BYTES), 0);
  return bytes;
}

function asJson(message: object): Buffer {
  const text = JSON.stringify(message);
  const length = allowed(Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + length);
  bytes.writeUInt32LE(length, 0);
  bytes.write(text, LENGTH_BYTES, 'utf8');
  return bytes;
}

function allowed(length: number): number {
  if (length > LONGEST_MESSAGE) throw new MessageTooLong(length, LONGEST_MESSAGE);
  return length;
}

/** What V8's serializer writes begins with another byte. */
const JSON_BEGINS = '{'.charCodeAt(0);

/** The version of what V8's serializer writes: an older V8 does not read a newer one's. */
export const MESSAGE_FORMAT = serialize(null)[LENGTH_BYTES + 1] ?? 0;

function deserialize(bytes: Buffer): unknown {
  if (bytes[0] === JSON_BEGINS) return JSON.parse(bytes.toString('utf8'));
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
