/** JSON-RPC 2.0 over two streams, framed as the Language Server Protocol frames it. */
import type { Readable, Writable } from 'node:stream';

interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** No answer is near it; what claims more is not talking this protocol. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** The other end answered with an error, or ended. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
}

/** One end of a connection. After `end` every request rejects. */
export class JsonRpc {
  readonly #output: Writable;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #frames = new Frames();
  #lastId = 0;
  #ended: RpcError | null = null;

  /** `answer`: what the other end asks; undefined is answered as null. */
  constructor(input: Readable, output: Writable, answer: (method: string, params: unknown) => unknown) {
    this.#output = output;
    // The other end may be gone before its end is noticed; then `end` follows.
    output.on('error', () => undefined);
    input.on('data', (chunk: Buffer) => {
      try {
        for (const message of this.#frames.take(chunk)) this.#take(message as Message, answer);
      } catch (error) {
        this.end(`what it says cannot be read: ${error}`);
        output.destroy();
      }
    });
  }

  /** Rejects with an RpcError, or with what the connection ended with. A reason to abort is told to the other end. */
  async request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    this.#lastId += 1;
    const id = this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    this.#waiting.set(id, pending);
    const abort = () => {
      this.notify('$/cancelRequest', { id });
      pending.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#send({ id, method, params });
    try {
      return await pending.promise;
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', abort);
    }
  }

  notify(method: string, params: unknown): void {
    if (!this.#ended) this.#send({ method, params });
  }

  /** Nothing comes any more. */
  end(reason: string): void {
    this.#ended ??= new RpcError(reason);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
  }

  #take(message: Message, answer: (method: string, params: unknown) => unknown): void {
    const { id, method, error } = message;
    if (method !== undefined) {
      const result = answer(method, message.params) ?? null;
      if (id !== undefined) this.#send({ id, result });
      return;
    }
    const pending = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (error) pending?.reject(new RpcError(error.message));
    else pending?.resolve(message.result ?? null);
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#output.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }
}

/** Cuts what arrives into messages. */
class Frames {
  #chunks: Buffer[] = [];
  #size = 0;
  /** Of head and body of the message that arrives; null while its head does. */
  #wanted: { readonly start: number; readonly end: number } | null = null;

  /** Throws where it is not this protocol. */
  *take(chunk: Buffer): Generator<unknown> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (!this.#wanted) this.#readHead();
      if (!this.#wanted || this.#size < this.#wanted.end) return;
      const all = this.#joined();
      const { start, end } = this.#wanted;
      this.#chunks = [all.subarray(end)];
      this.#size -= end;
      this.#wanted = null;
      yield JSON.parse(all.toString('utf8', start, end));
    }
  }

  #readHead(): void {
    const all = this.#joined();
    const headEnd = all.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = all.toString('latin1', 0, headEnd);
    const length = Number(/^content-length: *(\d+) *$/im.exec(head)?.[1]);
    if (!(length <= MAX_BODY_BYTES)) throw new Error(`a message with a length was wanted, got ${head.slice(0, 100)}`);
    const start = headEnd + HEAD_END.length;
    this.#wanted = { start, end: start + length };
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    const all = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [all];
    return all;
  }
}
