/** Values given on a run for those that a notebook has, in the cell with the tag `parameters`, as papermill does. */
import { ServeError } from '../../lib/index.ts';
import { idsOf } from './cell-ids.ts';
import { jsonLine } from './json.ts';
import { codeCell, type JsonValue, type Notebook, tagsOf } from './model.ts';

const INJECTED = 'injected-parameters';

/** `n=20`: JSON, or else a text. Throws INVALID_ARGUMENT. */
export function readParameter(given: string): readonly [name: string, value: JsonValue] {
  const [, name, text = ''] = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)=(.*)$/su.exec(given) ?? [];
  if (name === undefined) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `a parameter is name=value, got '${given}'; the name is one of TypeScript`,
    );
  }
  try {
    return [name, JSON.parse(text)];
  } catch {
    return [name, text];
  }
}

/** The same with a cell of these behind the one that has the defaults, or else above all; it replaces an earlier one. */
export function withParameters(notebook: Notebook, values: Readonly<Record<string, JsonValue>>): Notebook {
  const entries = Object.entries(values);
  if (entries.length === 0) return notebook;
  const source = entries.map(([name, value]) => `let ${name} = ${jsonLine(value)};`).join('\n');
  const kept = notebook.cells.filter((cell) => !tagsOf(cell).includes(INJECTED));
  const place = kept.findIndex((cell) => tagsOf(cell).includes('parameters')) + 1;
  const injected = { ...codeCell(source, ''), metadata: { tags: [INJECTED] } };
  const cells = kept.toSpliced(place, 0, injected);
  const ids = idsOf(cells);
  return { ...notebook, cells: cells.map((cell, at) => ({ ...cell, id: ids[at] ?? cell.id })) };
}

export const hasParameters = (notebook: Notebook): boolean =>
  notebook.cells.some((cell) => tagsOf(cell).includes('parameters'));
