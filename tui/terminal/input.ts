/**
 * The keyboard as Ink gets it: nothing is read while nobody wants raw mode, so that a pager or a shell gets its own keys,
 * and what the mouse does is told apart from what is typed.
 */
import { Readable } from 'node:stream';

export interface MouseEvent {
  readonly type: 'click' | 'wheel up' | 'wheel down';
  /** From 0. */
  readonly column: number;
  readonly row: number;
}

/** The part of `process.stdin` that is used. */
export interface Keyboard {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  setRawMode?(isRaw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what terminals send
const REPORT = /\x1b\[<(\d+);(\d+);(\d+)([Mm])/g;
/** A report whose rest is still to come. A lone escape is a key, and does not wait. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what terminals send
const BEGUN = /\x1b\[<[\d;]*$/;

const WHEEL_UP = 64;
const WHEEL_DOWN = 65;

export class TerminalInput extends Readable {
  /** For Ink. */
  readonly isTTY = true;
  readonly #keyboard: Keyboard;
  readonly #onMouse: (event: MouseEvent) => void;
  #isReading = false;
  #begun = '';

  constructor(keyboard: Keyboard, onMouse: (event: MouseEvent) => void) {
    super();
    this.#keyboard = keyboard;
    this.#onMouse = onMouse;
  }

  setRawMode(isRaw: boolean): this {
    this.#keyboard.setRawMode?.(isRaw);
    if (isRaw && !this.#isReading) {
      this.#keyboard.on('data', this.#take);
      this.#keyboard.resume();
    } else if (!isRaw && this.#isReading) {
      this.#keyboard.off('data', this.#take);
      this.#keyboard.pause();
    }
    this.#isReading = isRaw;
    return this;
  }

  ref(): this {
    this.#keyboard.ref?.();
    return this;
  }

  unref(): this {
    this.#keyboard.unref?.();
    return this;
  }

  override _read(): void {
    // What comes is pushed.
  }

  #take = (chunk: Buffer): void => {
    // One character for each byte: what is not ours goes on as it came.
    const text = this.#begun + chunk.toString('latin1');
    this.#begun = '';
    const rest = text.replace(REPORT, (_, button: string, column: string, row: string, end: string) => {
      this.#report(Number(button), Number(column) - 1, Number(row) - 1, end);
      return '';
    });
    const begun = BEGUN.exec(rest);
    this.#begun = begun?.[0] ?? '';
    const typed = rest.slice(0, rest.length - this.#begun.length);
    if (typed !== '') this.push(Buffer.from(typed, 'latin1'));
  };

  #report(button: number, column: number, row: number, end: string): void {
    if (button === WHEEL_UP || button === WHEEL_DOWN) {
      this.#onMouse({ type: button === WHEEL_UP ? 'wheel up' : 'wheel down', column, row });
    } else if (button === 0 && end === 'M') this.#onMouse({ type: 'click', column, row });
  }
}
