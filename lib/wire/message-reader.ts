/** Bytes of the length in front of each message. */
export const LENGTH_BYTES = 4;
/** Shorter chunks are copied together: by itself each would cost many times its own size. */
const SHORT_CHUNK = 4096;
const TAIL_BYTES = 64 * 1024;

/** Cuts a stream of bytes into messages. A long one is put together once, when its last chunk is there. */
export class MessageReader {
  readonly #received: (bytes: Buffer) => void;
  readonly #longest: number;
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = LENGTH_BYTES;
  /** Where short chunks go; what is used of it is the last of `#chunks`. */
  #tail: Buffer | null = null;
  #tailUsed = 0;

  /** `longest`: bytes that a message may have. */
  constructor(longest: number, received: (bytes: Buffer) => void) {
    this.#longest = longest;
    this.#received = received;
  }

  /** False: a message is announced that may not be. */
  take(chunk: Buffer): boolean {
    if (this.#held === 0) return this.#cut(chunk);
    this.#keep(chunk);
    if (this.#held < this.#needed) return true;
    const bytes = Buffer.concat(this.#chunks, this.#held);
    this.#chunks = [];
    this.#held = 0;
    this.#tail = null;
    return this.#cut(bytes);
  }

  /** Hands out what is whole and keeps the rest. */
  #cut(bytes: Buffer): boolean {
    let at = 0;
    this.#needed = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = bytes.readUInt32LE(at);
      if (length > this.#longest) return false;
      const end = at + LENGTH_BYTES + length;
      if (end > bytes.length) {
        this.#needed = end - at;
        break;
      }
      this.#received(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at));
    return true;
  }

  #keep(chunk: Buffer): void {
    this.#held += chunk.length;
    if (chunk.length >= SHORT_CHUNK) {
      this.#tail = null;
      this.#chunks.push(chunk);
      return;
    }
    if (this.#tail === null || this.#tail.length - this.#tailUsed < chunk.length) {
      this.#tail = Buffer.allocUnsafeSlow(TAIL_BYTES);
      this.#tailUsed = 0;
    } else this.#chunks.pop();
    chunk.copy(this.#tail, this.#tailUsed);
    this.#tailUsed += chunk.length;
    this.#chunks.push(this.#tail.subarray(0, this.#tailUsed));
  }
}
