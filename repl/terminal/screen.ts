/** A terminal that a line editor and everybody else write to: what comes while a line is typed goes above it. */
import { clearLine, clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline';
import { rowsOf } from '../display/width.ts';

export class Screen {
  readonly #output: NodeJS.WriteStream;
  readonly #editor: Interface;
  /** Whether the prompt is on the screen, with what has been typed so far. */
  #isEditing = true;
  #isAtLineStart = true;
  #hasLeft = false;
  /** What may be updated, where nothing was written since. */
  #last: { readonly id: string; readonly text: string } | null = null;
  /** The newest states of what is no longer the last thing on the screen. */
  readonly #late = new Map<string, string>();
  /** What came while somebody else had the terminal; null: nobody has. */
  #held: string[] | null = null;

  constructor(output: NodeJS.WriteStream, editor: Interface) {
    this.#output = output;
    this.#editor = editor;
  }

  /** Lines that end are whole; the rest of a line stays where it is while a cell runs. */
  write(text: string): void {
    if (text === '') return;
    this.#last = null;
    if (this.#held !== null) {
      this.#held.push(text);
      return;
    }
    if (!this.#isEditing) {
      this.#output.write(text);
      this.#isAtLineStart = text.endsWith('\n');
      return;
    }
    this.#hideLine();
    this.#output.write(text.endsWith('\n') ? text : `${text}\n`);
    this.#editor.prompt(true);
  }

  /** What `update` may change later. */
  display(id: string, text: string): void {
    if (!this.#isEditing && !this.#isAtLineStart && this.#held === null) this.#output.write('\n');
    this.write(`${text}\n`);
    this.#late.delete(id);
    if (this.#held === null) this.#last = { id, text };
  }

  /** In the place of what was shown of it, if that is the last thing on the screen; else below, when the cell ends. */
  update(id: string, text: string): void {
    const shown = this.#last?.id === id ? rowsOf(this.#last.text, this.#output.columns) : null;
    // What has left the screen above is out of reach.
    if (shown === null || !this.#output.isTTY || shown >= this.#output.rows) {
      this.#late.set(id, text);
      return;
    }
    this.#output.cork();
    if (this.#isEditing) this.#hideLine();
    moveCursor(this.#output, 0, -shown);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    this.#output.write(`${text}\n`);
    this.#output.uncork();
    this.#last = { id, text };
    if (this.#isEditing) this.#editor.prompt(true);
  }

  /** A cell begins to run: the line that was typed is done. */
  beginCell(): void {
    this.#last = null;
    this.#late.clear();
    this.#isEditing = false;
    this.#isAtLineStart = true;
  }

  /** The prompt comes next, on a line of its own. */
  endCell(): void {
    if (!this.#isAtLineStart && this.#held === null) this.#output.write('\n');
    for (const text of this.#late.values()) this.write(`${text}\n`);
    this.#late.clear();
    this.#isAtLineStart = true;
    this.#isEditing = !this.#hasLeft;
  }

  /** Whether there will be no prompt any more. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** The line editor ends. What is still written is written all the same. */
  leave(): void {
    if (this.#isEditing) this.#hideLine();
    this.#isEditing = false;
    this.#hasLeft = true;
  }

  /** The terminal is somebody else's until `work` ends. What is written meanwhile is there afterwards. */
  async lend(work: () => Promise<void>): Promise<void> {
    this.#last = null; // the line that lends it stands below
    this.#held = [];
    try {
      await work();
    } finally {
      const held = this.#held.join('');
      this.#held = null;
      this.write(held);
      for (const [id, text] of [...this.#late]) this.display(id, text);
    }
  }

  setPrompt(prompt: string): void {
    if (prompt === this.#editor.getPrompt()) return;
    if (!this.#isEditing || this.#held !== null) {
      this.#editor.setPrompt(prompt);
      return;
    }
    this.#hideLine();
    this.#editor.setPrompt(prompt);
    this.#editor.prompt(true);
  }

  #hideLine(): void {
    const { rows } = this.#editor.getCursorPos();
    moveCursor(this.#output, 0, -rows);
    // tmux keeps what is cleared from the screen's first column of its first row on, as if it had been scrolled away.
    clearLine(this.#output, 0);
    cursorTo(this.#output, 1);
    clearScreenDown(this.#output);
    cursorTo(this.#output, 0);
  }
}
