/** A terminal that takes what is written and gives the keys it is told: what a screen costs, and not what a terminal does. */
import type { Terminal } from '../../tui/app/open.ts';

export const COLUMNS = 120;
export const ROWS = 40;

export class SinkTerminal implements Terminal {
  readonly colors = true;
  readonly env = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  readonly #onWrite: (text: string) => void;
  bytes = 0;
  #press: ((chunk: Buffer) => void) | null = null;

  /** `onWrite`: told of what is written, as it comes. */
  constructor(onWrite: (text: string) => void) {
    this.#onWrite = onWrite;
  }

  readonly keyboard = {
    on: (_: 'data', listener: (chunk: Buffer) => void): void => {
      this.#press = listener;
    },
    off: (): void => {
      this.#press = null;
    },
    setRawMode: (): void => {},
    resume: (): void => {},
    pause: (): void => {},
  };

  readonly display = {
    columns: COLUMNS,
    rows: ROWS,
    write: (chunk: string | Uint8Array, done: () => void): void => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      this.bytes += Buffer.byteLength(text);
      this.#onWrite(text);
      done();
    },
    on: (): void => {},
    off: (): void => {},
  };

  type(keys: string): void {
    this.#press?.(Buffer.from(keys));
  }
}
