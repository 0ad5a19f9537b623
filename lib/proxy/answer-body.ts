/** An answer's stream as Node's, for `pipeline`. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ServeError } from '../errors.ts';

/** Read ahead of a slow reader, in bytes; the socket's own buffer comes on top. */
const READ_AHEAD_BYTES = 16 * 1024;

/**
 * Reads only as fast as the socket takes it. When the caller goes away the source is cancelled at once, also while a
 * read is pending (`Readable.from` would wait for the next chunk), so that the generator's `finally` runs.
 */
export class AnswerBody extends Readable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #resetOnError: Socket | null;

  /** `resetOnError`: the connection of an HTTP/1.0 caller, for whom only a reset tells a broken body from a whole one. */
  constructor(source: ReadableStream<Uint8Array>, resetOnError: Socket | null) {
    super({ highWaterMark: READ_AHEAD_BYTES });
    this.#reader = source.getReader();
    this.#resetOnError = resetOnError;
  }

  override _read(): void {
    this.#reader.read().then(
      ({ done, value }) => this.#take(done ? null : value),
      (error: unknown) => this.#break(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Cancelling what has ended or failed by itself rejects or does nothing; either way nobody waits for it.
    this.#reader.cancel(error ?? undefined).catch(() => undefined);
    callback(error);
  }

  #take(chunk: unknown): void {
    if (chunk === null) this.push(null);
    else if (!(chunk instanceof Uint8Array)) {
      this.#break(new ServeError('NOT_SERIALIZABLE', `a streamed chunk must be bytes, got ${typeof chunk}`));
    } else if (chunk.byteLength === 0) this._read();
    else this.push(chunk);
  }

  #break(error: unknown): void {
    this.#resetOnError?.resetAndDestroy();
    this.destroy(error instanceof Error ? error : new Error('the answer broke off', { cause: error }));
  }
}

/** Lets go of a stream that nobody will read. */
export function discardBody(body: unknown): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => undefined);
}
