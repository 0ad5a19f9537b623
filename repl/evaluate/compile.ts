import { constants, Script } from 'node:vm';
import { type CellPlace, cellError, positionIn } from './cell-error.ts';
import type { Piece } from './plan-cell.ts';

/** Compiles a piece of a cell so that it stands where its user typed it. Throws a SyntaxError that says so, too. */
export function compile(piece: Piece, source: string, place: CellPlace): Script {
  const { line, column } = positionIn(source, piece.start, place);
  try {
    return new Script(piece.code, {
      filename: place.file,
      lineOffset: line - 1,
      columnOffset: column - 1 - piece.numBefore + piece.movedBy,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw cellError({ message: error.message, at: placeOf(error, piece, line) }, source, place);
  }
}

/** V8 shows the line, and a caret below the place. */
function placeOf({ stack = '' }: Error, { code, start, numBefore }: Piece, firstLine: number): number {
  const [, shown, indent] = /^[^\n]*:(\d+)\n[^\n]*\n(\s*)\^/.exec(stack) ?? [];
  if (shown === undefined || indent === undefined) return start;
  const before = code.split('\n').slice(0, Number(shown) - firstLine);
  const at = before.reduce((length, text) => length + text.length + 1, 0) + indent.length;
  return start + Math.max(0, at - numBefore);
}
