/** From a place in the text on to the end of its line: how far. */
export interface Move {
  readonly at: number;
  readonly by: number;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
  readonly isBehind: boolean;
}

/** Changes of a text after which everything in it is still on its line, and mostly in its column. */
export class Edits {
  readonly #source: string;
  readonly #tokenEnds: readonly number[];
  #text: string;
  readonly #insertions: Insertion[] = [];

  constructor(source: string, tokenEnds: readonly number[]) {
    this.#source = source;
    this.#tokenEnds = tokenEnds;
    this.#text = source;
  }

  /** Puts `text` in place of what stands there, which must have room for it on its first line, and blanks the rest. */
  cover(start: number, end: number, text = ''): void {
    const rest = this.#text.slice(start + text.length, end).replaceAll(/[^\n\r\u2028\u2029]/g, ' ');
    this.#text = this.#text.slice(0, start) + text + rest + this.#text.slice(end);
  }

  /** Before what begins at `at`. */
  insert(at: number, text: string): void {
    this.#insertions.push({ at, text, isBehind: false });
  }

  /** Behind what ends at `at`. */
  append(at: number, text: string): void {
    this.#insertions.push({ at, text, isBehind: true });
  }

  /** As a statement before that which begins at `at`: at the end of an earlier line, if there it moves nothing. */
  insertStatement(at: number, text: string): void {
    const end = this.#tokenEnds.findLast((tokenEnd) => tokenEnd <= at) ?? at;
    if (end < at && /[\n\r\u2028\u2029]/.test(this.#source.slice(end, at))) this.append(end, `;${text}`);
    else this.insert(at, text);
  }

  slice(start: number, end: number): string {
    let text = '';
    let from = start;
    for (const insertion of this.#sorted()) {
      const { at, isBehind } = insertion;
      if (at < start || at > end || at === (isBehind ? start : end)) continue;
      text += this.#text.slice(from, insertion.at) + insertion.text;
      from = insertion.at;
    }
    return text + this.#text.slice(from, end);
  }

  /** What is moved within its line, in order. */
  moves(): Move[] {
    return this.#sorted()
      .filter(({ at }) => /^[^\n\r\u2028\u2029]*\S/.test(this.#source.slice(at)))
      .map(({ at, text }) => ({ at, by: text.length }));
  }

  /** How far that moves what is at a place, before what is inserted there. */
  movedBy(at: number): number {
    const line = this.#source.slice(0, at).search(/[^\n\r\u2028\u2029]*$/);
    const before = this.moves().filter((move) => move.at >= line && move.at < at);
    return before.reduce((sum, { by }) => sum + by, 0);
  }

  /** Of those at one place the first stays first, of each side. */
  #sorted(): readonly Insertion[] {
    return [...this.#insertions].sort((a, b) => a.at - b.at || Number(b.isBehind) - Number(a.isBehind));
  }
}
