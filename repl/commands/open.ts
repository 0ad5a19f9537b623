import { basename, resolve } from 'node:path';
import { ServeError } from '../../lib/index.ts';
import { paint } from '../display/paint.ts';
import { type NotebookCell, titleOf } from '../notebook/model.ts';
import { formatOf, readNotebook } from '../notebook/notebook-file.ts';
import { type Command, type CommandContext, literal, usageError } from './command.ts';
import { requireNoMore, requireWord } from './flags.ts';

const USAGE = 'open <file.ts|file.ipynb>';

export const command: Command<[file: string]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    return [requireWord(words, 0, 'the file', USAGE)];
  },
  call: (file) => `await show.open(${literal(file)})`,
  run: async (context, file) => {
    const cells = await cellsOf(file, context.directory);
    if (context.submit !== null) {
      context.submit(`.open "${file}"`);
      return;
    }
    const isNotebook = formatOf(file) === 'ipynb';
    for (const [at, cell] of cells.entries()) {
      const place = `cell ${at + 1} of ${cells.length}`;
      context.signal.throwIfAborted();
      context.print(`${paint(context.look, 'dim', `${place}  ${titleOf(cell)}`)}\n`);
      const name = isNotebook ? `${basename(file)}#${at + 1}` : basename(file);
      await runOne(context, cell, name, `${file}: ${place} failed, those after it have not run`);
    }
    context.print(`${file}: ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} ran\n`);
  },
};

/** What it throws is thrown on, and which cell that was is said before. */
async function runOne(
  { runCell, print }: CommandContext,
  cell: NotebookCell,
  name: string,
  failed: string,
): Promise<void> {
  try {
    await runCell(cell.source, name, cell.line);
  } catch (error) {
    print(`${failed}\n`);
    throw error;
  }
}

/** Of code, all but those with nothing in them. */
async function cellsOf(file: string, directory: string): Promise<readonly NotebookCell[]> {
  if (formatOf(file) === null) throw usageError(USAGE, `'${file}' is neither .ts nor .ipynb`);
  const notebook = await readNotebook(resolve(directory, file), file);
  const cells = notebook.cells.filter(({ kind, source }) => kind === 'code' && source.trim() !== '');
  if (cells.length === 0) throw new ServeError('INVALID_ARGUMENT', `'${file}' has no cell with code in it`);
  return cells;
}
