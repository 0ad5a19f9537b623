/** What one replica prints, as lines of a log that it shares with others. Pure: bytes in, bytes out. */

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
/** A line that is longer goes on in the next one, in bytes. */
const LONGEST_LINE = 1024 * 1024;

export class MarkedLines {
  readonly #mark: Buffer;
  /** The beginning of the line that has no end yet. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  /** `tag`: what each line begins with, before ` | `. */
  constructor(tag: string) {
    this.#mark = Buffer.from(`${tag} | `);
  }

  /** The lines that end with this, marked, however many pieces they came in; the rest is kept. Empty: none ends. */
  take(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const ended = end === 0 ? NOTHING : this.#marked(Buffer.concat([...this.#takeBegun(), chunk.subarray(0, end)]));
    // A copy: the rest alone, not the whole chunk with it.
    const rest = Buffer.from(chunk.subarray(end));
    if (rest.length > 0) this.#begun.push(rest);
    this.#begunBytes += rest.length;
    return this.#begunBytes > LONGEST_LINE ? Buffer.concat([ended, this.end()]) : ended;
  }

  /** The line that has no end, ended here. Empty: there is none. */
  end(): Buffer {
    const begun = this.#takeBegun();
    return begun.length === 0 ? NOTHING : Buffer.concat([this.#mark, ...begun, Buffer.from('\n')]);
  }

  #takeBegun(): Buffer[] {
    const begun = this.#begun;
    this.#begun = [];
    this.#begunBytes = 0;
    return begun;
  }

  #marked(lines: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < lines.length; ) {
      const end = lines.indexOf(NEWLINE, at) + 1;
      parts.push(this.#mark, lines.subarray(at, end));
      at = end;
    }
    return Buffer.concat(parts);
  }
}
