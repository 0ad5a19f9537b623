/** The screen as Ink gets it, while whatever else is printed in this process is kept until the screen is given back. */
import { Writable } from 'node:stream';

/** The part of `process.stdout` that is used. */
export interface Display extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

/** Writes what it gets to a display, by the way of writing that it had before anybody else took hold of it. */
export class TerminalOutput extends Writable {
  readonly isTTY = true;
  readonly #display: Display;
  readonly #write: Display['write'];

  constructor(display: Display) {
    // Nothing of it waits: what is late on a screen is of no use.
    super({ decodeStrings: false });
    this.#display = display;
    this.#write = display.write.bind(display);
  }

  get columns(): number {
    return this.#display.columns ?? 80;
  }

  get rows(): number {
    return this.#display.rows ?? 24;
  }

  /** The terminal has another size. */
  resized = (): void => void this.emit('resize');

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#write(chunk, (error?: Error | null) => done(error));
  }
}

const MOST_KEPT = 200;

/** Keeps what is printed on these streams; returns the function that ends it, and prints what was kept on the last one. */
export function keepPrinted(...streams: readonly NodeJS.WriteStream[]): () => void {
  const kept: string[] = [];
  const writes = streams.map((stream) => stream.write);
  const keep = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    if (kept.length > MOST_KEPT) kept.shift();
    const done = rest.find((one) => typeof one === 'function');
    if (typeof done === 'function') done();
    return true;
  };
  for (const stream of streams) stream.write = keep;
  return () => {
    for (const [at, stream] of streams.entries()) stream.write = writes[at] ?? stream.write;
    streams.at(-1)?.write(kept.join(''));
  };
}
