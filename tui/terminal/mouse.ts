/** Whether the terminal tells of clicks. It is off at first: while it is on, the terminal's own selection of text is not. */
import type { Writable } from 'node:stream';

const ON = '\x1b[?1000h\x1b[?1006h';
const OFF = '\x1b[?1006l\x1b[?1000l';

export class Mouse {
  readonly #output: Writable;
  #isOn = false;

  constructor(output: Writable) {
    this.#output = output;
  }

  set(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#output.write(isOn ? ON : OFF);
  }

  /** Off while somebody else has the terminal. */
  async offDuring(work: () => Promise<void>): Promise<void> {
    const wasOn = this.#isOn;
    this.set(false);
    try {
      await work();
    } finally {
      this.set(wasOn);
    }
  }
}
