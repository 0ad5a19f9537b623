/** A terminal without a terminal: what is written is on an xterm that nobody sees; keys come from the test. */
import { EventEmitter } from 'node:events';
import xterm from '@xterm/headless';
import type { Terminal } from '../../tui/app/open.ts';
import type { Keyboard } from '../../tui/terminal/input.ts';
import type { Display } from '../../tui/terminal/output.ts';

const PATIENCE_MS = 20_000;
/** The number of the escape by which programs copy. */
const CLIPBOARD = 52;

class Keys extends EventEmitter implements Keyboard {
  isRaw = false;

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }

  resume(): void {
    // Keys come when the test presses them.
  }

  pause(): void {
    // As above.
  }
}

export class HeadlessTerminal implements Terminal {
  readonly colors = true;
  readonly env = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  readonly keyboard = new Keys();
  readonly display: Display;
  readonly #terminal: xterm.Terminal;
  readonly #changes = new EventEmitter();
  /** The one it has now is the last of them. */
  readonly screens: ('normal' | 'alternate')[] = [];
  /** What was copied last. */
  clipboard: string | null = null;
  /** How much was written, in characters or bytes. */
  written = 0;

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100 });
    const terminal = this.#terminal;
    const changes = this.#changes;
    terminal.buffer.onBufferChange(({ type }) => this.screens.push(type));
    terminal.parser.registerOscHandler(CLIPBOARD, (text) => {
      this.clipboard = Buffer.from(text.replace(/^c;/, ''), 'base64').toString();
      return true;
    });
    const count = (bytes: number): void => {
      this.written += bytes;
    };
    this.display = {
      get columns() {
        return terminal.cols;
      },
      get rows() {
        return terminal.rows;
      },
      write: (chunk, done) => {
        count(chunk.length);
        // A terminal does this to line ends.
        const text = (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()).replace(/(?<!\r)\n/g, '\r\n');
        terminal.write(text, () => changes.emit('change'));
        done();
      },
      on: (event, listener) => changes.on(event, listener),
      off: (event, listener) => changes.off(event, listener),
    };
  }

  /** As a keyboard sends it. */
  type(keys: string): void {
    this.keyboard.emit('data', Buffer.from(keys));
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#changes.emit('resize');
  }

  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  /** Whether it tells of clicks. */
  get isMouseOn(): boolean {
    return this.#terminal.modes.mouseTrackingMode === 'vt200';
  }

  /** What is on it, line by line. */
  lines(): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
    );
  }

  page(): string {
    return this.lines().join('\n');
  }

  /** How a cell looks: its character, and the colour of its foreground, -1 for none. */
  cell(column: number, row: number): { readonly text: string; readonly color: number; readonly isInverse: boolean } {
    const buffer = this.#terminal.buffer.active;
    const cell = buffer.getLine(buffer.baseY + row)?.getCell(column);
    return { text: cell?.getChars() ?? '', color: cell?.getFgColor() ?? -1, isInverse: (cell?.isInverse() ?? 0) !== 0 };
  }

  /** The page once it matches; what it was until then is in the error otherwise. */
  async shows(wanted: RegExp | ((page: string) => boolean)): Promise<string> {
    const isMet = (): boolean => (typeof wanted === 'function' ? wanted(this.page()) : wanted.test(this.page()));
    const deadline = performance.now() + PATIENCE_MS;
    while (!isMet()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`the screen never showed ${wanted}:\n${this.page()}`);
      await this.#changed(left);
    }
    return this.page();
  }

  #changed(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#changes.once('change', resolve);
    return promise.finally(() => clearTimeout(timer));
  }
}
