/** Request bodies: small ones whole, the others in motion with the caller held back. Never decompressed. */
import type { IncomingMessage } from 'node:http';
import { ServeError } from '../errors.ts';

/** Up to this a body is worth waiting for: one message to the replica instead of a stream's many. */
export const MAX_WHOLE_BYTES = 64 * 1024;

/** Declared length in bytes; 0 = no body, null = chunked, so not known beforehand. */
export function bodyLength(req: IncomingMessage): number | null {
  if (req.headers['transfer-encoding'] !== undefined) return null;
  const declared = req.headers['content-length'];
  return declared === undefined ? 0 : Number(declared);
}

/**
 * Collects a body of exactly `length` bytes into memory of its own: Node's chunks are slices of a pool whose other
 * bytes belong to other requests, and cloning a slice clones the pool. Not called back when the caller goes away.
 */
export function collectBody(req: IncomingMessage, length: number, done: (body: Uint8Array) => void): void {
  const body = new Uint8Array(length);
  let filled = 0;
  req.on('data', (chunk: Uint8Array) => {
    body.set(chunk, filled);
    filled += chunk.byteLength;
  });
  req.once('end', () => done(body));
  req.on('error', ignore);
}

/** A body in motion. The socket is read only when the stream's consumer asks for more. */
export class Upload {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #req: IncomingMessage;
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #received = 0;
  #wanted: (() => void) | null = null;

  constructor(req: IncomingMessage, maxBytes: number, onTooLarge: () => void) {
    this.#req = req;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#stop(),
      },
      // Nothing ahead of the consumer: what is not asked for stays in the socket.
      { highWaterMark: 0 },
    );
    req.on('readable', () => this.#forward());
    req.once('end', () => this.#finish());
    req.once('close', () => this.#finish());
    req.on('error', ignore);
  }

  /** The request is over: the consumer gets an error unless it has everything, the rest of the body is dropped. */
  release(): void {
    this.#fail(new ServeError('CANCELLED', 'the request ended before its body was read'));
  }

  #pull(): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = resolve;
      this.#forward();
    });
  }

  #forward(): void {
    const controller = this.#controller;
    if (this.#wanted === null || controller === null) return;
    const chunk: Uint8Array | null = this.#req.read();
    if (chunk === null) {
      if (this.#req.readableEnded) this.#finish();
      return;
    }
    this.#received += chunk.byteLength;
    if (this.#received > this.#maxBytes) {
      this.#fail(new ServeError('BODY_TOO_LARGE', `the body is larger than the ${this.#maxBytes} bytes allowed`));
      this.#onTooLarge();
      return;
    }
    controller.enqueue(new Uint8Array(chunk));
    this.#answerPull();
  }

  #finish(): void {
    if (!this.#req.readableEnded) {
      this.#fail(new ServeError('CANCELLED', 'the caller went away before sending the whole body'));
      return;
    }
    this.#controller?.close();
    this.#controller = null;
    this.#answerPull();
  }

  #fail(error: ServeError): void {
    if (this.#controller === null) return;
    this.#controller.error(error);
    this.#stop();
  }

  #stop(): void {
    this.#controller = null;
    this.#answerPull();
    this.#req.removeAllListeners('readable');
    this.#req.resume();
  }

  #answerPull(): void {
    this.#wanted?.();
    this.#wanted = null;
  }
}

/** The end of the request is seen by 'close'; without a listener Node would throw. */
function ignore(): void {}
