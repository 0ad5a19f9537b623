import { type CellPlace, positionIn } from './cell-error.ts';
import type { Move } from './edits.ts';

interface CellText {
  readonly code: string;
  readonly place: CellPlace;
  readonly moves: readonly { readonly line: number; readonly column: number; readonly by: number }[];
}

const PLACE = /:(\d+):(\d+)/g;
const FIRST_PLACE = new RegExp(PLACE, '');
const LONGEST_FRAME = 1_000;

/** Where the code of cells stands as it was typed, in what is told of it as it runs. */
export class Positions {
  readonly #texts = new Map<string, CellText[]>();

  /** A file may have several cells, as a notebook has, and each of them again and again. */
  learn(code: string, place: CellPlace, moves: readonly Move[]): void {
    const moved = moves.map(({ at, by }) => ({ ...positionIn(code, at, place), by }));
    const others = (this.#texts.get(place.file) ?? []).filter((text) => text.place.line !== place.line);
    this.#texts.set(place.file, [...others, { code, place, moves: moved }]);
  }

  /** In a stack, or any text with places as `cell-7.ts:3:14`; a message may be as long as it likes. */
  correct(text: string): string {
    const lines = text.split('\n').map((line) => (line.length > LONGEST_FRAME ? line : this.#correctLine(line)));
    return lines.join('\n');
  }

  /** In the stack of an error, and of what caused it. */
  correctError(error: unknown, seen = new Set<unknown>()): void {
    if (!(error instanceof Error) || seen.has(error)) return;
    seen.add(error);
    const { stack } = error;
    if (typeof stack === 'string') {
      const corrected = this.#findMissing(error, this.correct(stack));
      // A frozen one keeps what it says.
      if (corrected !== stack) Reflect.set(error, 'stack', corrected);
    }
    this.correctError(error.cause, seen);
    if (error instanceof AggregateError) for (const one of error.errors) this.correctError(one, seen);
  }

  #correctLine(text: string): string {
    return text.replaceAll(PLACE, (whole, line: string, column: string, at: number) => {
      const cell = this.#textAt(fileBefore(text, at), Number(line));
      return cell === null ? whole : `:${line}:${typedColumn(cell, Number(line), Number(column))}`;
    });
  }

  /** V8 does not know where in a statement a name stands that is not there, and shows its beginning. */
  #findMissing(error: Error, stack: string): string {
    const name = error instanceof ReferenceError ? /^(\S+) is not defined$/.exec(error.message)?.[1] : undefined;
    if (name === undefined) return stack;
    return stack.replace(FIRST_PLACE, (whole, line: string, column: string, at: number) => {
      const cell = this.#textAt(fileBefore(stack, at), Number(line));
      if (cell === null) return whole;
      const from = indexOf(cell, Number(line), Number(column));
      const named = new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`);
      const found = cell.code.slice(from).search(named);
      if (found < 0) return whole;
      const place = positionIn(cell.code, from + found, cell.place);
      return `:${place.line}:${place.column}`;
    });
  }

  /** Of the cells of a file the one that the line is in. */
  #textAt(file: string, line: number): CellText | null {
    const before = (this.#texts.get(file) ?? []).filter(({ place }) => place.line <= line);
    return before.reduce<CellText | null>((last, one) => (last && last.place.line > one.place.line ? last : one), null);
  }
}

function typedColumn({ moves }: CellText, line: number, column: number): number {
  let typed = column;
  for (const move of moves) if (move.line === line && typed >= move.column + move.by) typed -= move.by;
  return typed;
}

function indexOf({ code, place }: CellText, line: number, column: number): number {
  const lines = code.split('\n');
  const before = lines.slice(0, line - place.line).reduce((at, text) => at + text.length + 1, 0);
  return before + Math.max(0, Math.min(column - 1, lines[line - place.line]?.length ?? 0));
}

/** The name that ends there. */
function fileBefore(text: string, end: number): string {
  let start = end;
  while (start > Math.max(0, end - LONGEST_FRAME) && !/[\s()]/.test(text[start - 1] ?? '')) start--;
  return text.slice(start, end);
}
