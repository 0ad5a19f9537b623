import { declaredBy } from '../evaluate/declared.ts';
import { readCell } from '../evaluate/read-cell.ts';
import { type Notebook, tagsOf } from './model.ts';

/** Names that cells with the tag `parameters` declare. One that cannot be read declares none; running it says why. */
export const declaredParameters = (notebook: Notebook): readonly string[] =>
  notebook.cells
    .filter((cell) => cell.kind === 'code' && tagsOf(cell).includes('parameters'))
    .flatMap(({ source }) => {
      const read = readCell(source);
      return read.as === 'cell' ? read.cell.statements.flatMap(declaredBy).map(({ name }) => name) : [];
    });
