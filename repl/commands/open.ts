import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { ServeError } from '../../lib/index.ts';
import { paint } from '../display/paint.ts';
import { messageOf } from '../message-of.ts';
import { type Command, type CommandContext, literal, usageError } from './command.ts';
import { requireNoMore, requireWord } from './flags.ts';
import { notebookCells } from './notebook-cells.ts';
import { type FileCell, percentCells } from './percent-cells.ts';

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
    const isNotebook = extname(file) === '.ipynb';
    for (const [at, cell] of cells.entries()) {
      const place = `cell ${at + 1} of ${cells.length}`;
      context.signal.throwIfAborted();
      context.print(`${paint(context.look, 'dim', headOf(cell, place))}\n`);
      const name = isNotebook ? `${basename(file)}#${at + 1}` : basename(file);
      await runOne(context, cell, name, `${file}: ${place} failed, those after it have not run`);
    }
    context.print(`${file}: ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} ran\n`);
  },
};

/** What it throws is thrown on, and which cell that was is said before. */
async function runOne({ runCell, print }: CommandContext, cell: FileCell, name: string, failed: string): Promise<void> {
  try {
    await runCell(cell.code, name, cell.line);
  } catch (error) {
    print(`${failed}\n`);
    throw error;
  }
}

function headOf({ title, code }: FileCell, place: string): string {
  const [first = ''] = code.trimStart().split('\n');
  return `${place}  ${title === '' ? first.slice(0, 60) : title}`;
}

async function cellsOf(file: string, directory: string): Promise<readonly FileCell[]> {
  const kind = extname(file);
  if (kind !== '.ts' && kind !== '.ipynb') throw usageError(USAGE, `'${file}' is neither .ts nor .ipynb`);
  const text = await readFile(resolve(directory, file), 'utf8').catch((error: unknown) => {
    const reason = messageOf(error);
    throw new ServeError('INVALID_ARGUMENT', `'${file}' cannot be read: ${reason}; usage: .${USAGE}`);
  });
  const cells = kind === '.ts' ? percentCells(text) : notebookCells(text, file);
  if (cells.length === 0) throw new ServeError('INVALID_ARGUMENT', `'${file}' has no cell with code in it`);
  return cells;
}
