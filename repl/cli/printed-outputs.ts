/** What cells put out, as a script would print it: what is updated, once, as it is at its cell's end. */
import type { Output } from '../session/protocol.ts';

interface Printed {
  readonly stream: 'stdout' | 'stderr';
  /** Of what may be updated; null: it stays as it is. */
  readonly display: string | null;
  text: string;
}

export class PrintedOutputs {
  /** From a cell's first display on. */
  #held: Printed[] = [];
  readonly #begins: () => void;

  /** `begins`: called before anything is printed. */
  constructor(begins: () => void) {
    this.#begins = begins;
  }

  take(output: Output): void {
    switch (output.type) {
      case 'stream':
        this.#add({ stream: output.name, display: null, text: output.text });
        return;
      case 'execute_result':
        this.#add({ stream: 'stdout', display: null, text: `${output.data['text/plain']}\n` });
        return;
      case 'display_data':
        this.#add({ stream: 'stdout', display: output.display, text: `${output.data['text/plain']}\n` });
        return;
      case 'clear_output':
        // What is printed stays.
        this.#held = [];
        return;
      case 'update_display_data':
        for (const held of this.#held.filter(({ display }) => display !== null && display === output.display)) {
          held.text = `${output.data['text/plain']}\n`;
        }
    }
  }

  cellEnds(): void {
    for (const held of this.#held) this.#print(held);
    this.#held = [];
  }

  #add(printed: Printed): void {
    if (printed.display === null && this.#held.length === 0) this.#print(printed);
    else this.#held.push(printed);
  }

  #print({ stream, text }: Printed): void {
    this.#begins();
    process[stream].write(text);
  }
}
