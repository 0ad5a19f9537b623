/** A cell where it stands in the session's document. Pure. */

/** As the Language Server Protocol counts: lines from 0, UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface LspRange {
  readonly start: Position;
  readonly end: Position;
}

export class PlacedCell {
  readonly code: string;
  /** The whole document: what comes before, and the cell. */
  readonly text: string;
  readonly #firstLine: number;
  readonly #lineStarts: readonly number[];

  /** `before` ends with a line break, or is empty. */
  constructor(before: string, code: string) {
    this.code = code;
    this.text = before + code;
    this.#firstLine = lineStartsOf(before).length - 1;
    this.#lineStarts = lineStartsOf(code);
  }

  positionOf(offset: number): Position {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    return { line: this.#firstLine + line, character: offset - (this.#lineStarts[line] ?? 0) };
  }

  /** Null before the cell. */
  offsetOf({ line, character }: Position): number | null {
    const start = this.#lineStarts[line - this.#firstLine];
    return start === undefined ? null : Math.min(start + character, this.code.length);
  }

  /** From 0, in the cell. */
  lineOf(position: Position): number {
    return position.line - this.#firstLine;
  }

  /** Without its line break. */
  lengthOfLine(line: number): number {
    const start = this.#lineStarts[line] ?? 0;
    return this.code.slice(start, this.#lineStarts[line + 1]).replace(/[\r\n]+$/, '').length;
  }
}

function lineStartsOf(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ 0: lineBreak, index }) => index + lineBreak.length)];
}
