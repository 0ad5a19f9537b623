/** What is wrong with the text of a cell. */
export interface Fault {
  readonly message: string;
  /** The index in the cell's text. */
  readonly at: number;
}

/** Where a cell's text stands. */
export interface CellPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Line and column, from 1, of an index in a cell's text. */
export function positionIn(code: string, at: number, place: CellPlace): { line: number; column: number } {
  const before = code.slice(0, at).split(/\r\n|[\n\r\u2028\u2029]/);
  return { line: place.line + before.length - 1, column: (before.at(-1) ?? '').length + 1 };
}

/** A SyntaxError whose stack begins as Node's own do: `file:line:column`, the line, a caret below the place. */
export function cellError(fault: Fault, code: string, place: CellPlace): SyntaxError {
  const { line, column } = positionIn(code, fault.at, place);
  const text = code.split(/\r\n|[\n\r\u2028\u2029]/)[line - place.line] ?? '';
  const indent = text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
  const error = new SyntaxError(fault.message);
  error.stack = `${place.file}:${line}:${column}\n${text}\n${indent}^\n\nSyntaxError: ${fault.message}`;
  for (const [key, value] of Object.entries({ file: place.file, line, column })) {
    Object.defineProperty(error, key, { value, configurable: true });
  }
  return error;
}
