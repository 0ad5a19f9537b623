/**
 * A port between processes: messages over a Unix socket, each a length (u32, little endian) and what V8's serializer
 * makes of it. Values arrive as over a MessagePort, except that nothing is shared and nothing can be transferred.
 */
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { Deserializer, Serializer } from 'node:v8';
import type { Port } from './port.ts';

const LENGTH_BYTES = 4;
const ROOM_FOR_LENGTH = Buffer.alloc(LENGTH_BYTES);
/** A longer message than this ends the connection: whoever announces it speaks something else, or means ill. */
const MOST_BYTES = 2 ** 30;

export class SocketPort extends EventEmitter implements Port {
  readonly #socket: Socket;
  readonly #incoming = new MessageReader((bytes) => this.#deliver(bytes));
  #isReading = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
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

  /** Throws a DataCloneError, with nothing sent, for what only threads of one process can pass on. */
  postMessage(message: unknown): void {
    const bytes = serialize(message);
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
    this.emit('message', message);
  }
}

/** Cuts a stream of bytes into messages. A long one is put together once, when its last chunk is there. */
class MessageReader {
  readonly #received: (bytes: Buffer) => void;
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = LENGTH_BYTES;

  constructor(received: (bytes: Buffer) => void) {
    this.#received = received;
  }

  /** False: what comes is no message of ours. */
  take(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return true;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const end = this.#deliver(bytes);
    this.#chunks = end === bytes.length ? [] : [bytes.subarray(end)];
    this.#held = bytes.length - end;
    return this.#needed <= MOST_BYTES;
  }

  /** Returns where the first incomplete message begins. */
  #deliver(bytes: Buffer): number {
    let at = 0;
    this.#needed = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + bytes.readUInt32LE(at);
      if (end > bytes.length) {
        this.#needed = end - at;
        break;
      }
      this.#received(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    return at;
  }
}

function serialize(message: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeRawBytes(ROOM_FOR_LENGTH);
  serializer.writeHeader();
  serializer.writeValue(message);
  const bytes = serializer.releaseBuffer();
  bytes.writeUInt32LE(bytes.length - LENGTH_BYTES, 0);
  return bytes;
}

function deserialize(bytes: Buffer): unknown {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
