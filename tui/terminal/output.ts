/** The screen as Ink gets it, while whatever else is printed in this process is kept until the screen is given back. */
import { Writable } from 'node:stream';

/** The part of `process.stdout` that is used. */
export interface Display {
  readonly columns?: number;
  readonly rows?: number;
  write(chunk: string | Uint8Array, done: (error?: Error | null) => void): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

export class TerminalOutput extends Writable {
  /** For Ink. */
  readonly isTTY = true;
  readonly #display: Display;

  constructor(display: Display) {
    super({ decodeStrings: false });
    this.#display = display;
    // A terminal that has gone is told by its signal.
    this.on('error', () => {});
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
    // A terminal is written to at once. What would wait here until then would be lost when this process ends or stops.
    this.#display.write(chunk, (error) => {
      if (error) this.destroy(error);
    });
    done();
  }
}

const MOST_KEPT = 200;

export interface Kept {
  /** The first stream, with the way of writing that it had before. */
  readonly display: Display;
  /** Gives the streams back, and prints on the last one what was kept. */
  end(): void;
}

/** Keeps what is printed on these streams from now on: worker threads print there, too, and would break the screen. */
export function keepPrinted(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Kept {
  const kept: string[] = [];
  const streams = [stdout, stderr];
  const writes = streams.map((stream) => stream.write);
  const write = stdout.write.bind(stdout);
  const keep = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    if (kept.length > MOST_KEPT) kept.shift();
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  };
  for (const stream of streams) stream.write = keep;
  return {
    display: {
      get columns() {
        return stdout.columns;
      },
      get rows() {
        return stdout.rows;
      },
      write: (chunk, done) => write(chunk, done),
      on: (event, listener) => stdout.on(event, listener),
      off: (event, listener) => stdout.off(event, listener),
    },
    end: () => {
      for (const [at, stream] of streams.entries()) stream.write = writes[at] ?? stream.write;
      if (kept.length > 0) stderr.write(kept.join(''));
    },
  };
}
