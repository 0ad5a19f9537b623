/** Cells in a Jupyter notebook, nbformat 4.5. */
import { ServeError } from '../../lib/index.ts';
import type { FileCell } from './percent-cells.ts';

/** Of code. Throws INVALID_ARGUMENT for what is no notebook; `file` is for the message. */
export function notebookCells(text: string, file: string): readonly FileCell[] {
  const notebook = parsed(text, file);
  const cells: unknown = Reflect.get(notebook, 'cells');
  if (!Array.isArray(cells) || Reflect.get(notebook, 'nbformat') !== 4) {
    throw new ServeError('INVALID_ARGUMENT', `'${file}' is no notebook of nbformat 4: it has no list of cells`);
  }
  return cells.flatMap((cell: unknown): FileCell[] => {
    if (typeof cell !== 'object' || cell === null || Reflect.get(cell, 'cell_type') !== 'code') return [];
    const source: unknown = Reflect.get(cell, 'source');
    const code = (Array.isArray(source) ? source.join('') : String(source ?? '')).trimEnd();
    return code.trim() === '' ? [] : [{ code, line: 1, title: '' }];
  });
}

function parsed(text: string, file: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `'${file}' is no notebook: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Without outputs; each id is the cell's place, so that two savings differ where the cells do. */
export function notebookText(cells: readonly string[]): string {
  const notebook = {
    cells: cells.map((code, at) => ({
      cell_type: 'code',
      execution_count: null,
      id: `cell-${at + 1}`,
      metadata: {},
      outputs: [],
      source: code.trimEnd().split(/(?<=\n)/),
    })),
    metadata: {
      kernelspec: { display_name: 'servelab (TypeScript)', language: 'typescript', name: 'servelab' },
      language_info: { file_extension: '.ts', mimetype: 'text/x-typescript', name: 'typescript' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}
