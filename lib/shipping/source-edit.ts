import type { Range } from './class-parts.ts';

const WORDS_OF_ITS_OWN = /^(?:as|do|if|in|is|of)$/;
const LETTERS = [...'$_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Changes a source so that everything in it keeps its line and column. */
export class SourceEdit {
  #text: string;
  readonly #covered: Range[] = [];
  readonly #taken = new Set<string>();

  constructor(source: string) {
    this.#text = source;
  }

  get text(): string {
    return this.#text;
  }

  /** Puts `text` in place of what stands there, which must have room for it on its first line, and blanks the rest. */
  cover({ start, end }: Range, text = ''): void {
    const rest = this.#text.slice(start + text.length, end).replaceAll(/[^\n\r\u2028\u2029]/g, ' ');
    this.#text = this.#text.slice(0, start) + text + rest + this.#text.slice(end);
    this.#covered.push({ start, end });
  }

  /** Where nothing comes behind it that would be moved. */
  insert(at: number, text: string): void {
    this.#text = this.#text.slice(0, at) + text + this.#text.slice(at);
  }

  isCovered(index: number): boolean {
    return this.#covered.some(({ start, end }) => start <= index && index < end);
  }

  /** A name that the source does not use, for a value of ours. Null: none of this width is left. */
  freshName(width: number): string | null {
    const longer = width > 1 ? LETTERS.flatMap((first) => LETTERS.map((second) => first + second)) : [];
    for (const name of [...LETTERS, ...longer]) {
      if (this.#taken.has(name) || WORDS_OF_ITS_OWN.test(name) || this.#uses(name)) continue;
      this.#taken.add(name);
      return name;
    }
    return null;
  }

  #uses(name: string): boolean {
    return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(this.#text);
  }
}
