/** Notebooks in files, by how their names end. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ServeError } from '../../lib/index.ts';
import { messageOf } from '../message-of.ts';
import { idsOf } from './cell-ids.ts';
import { readIpynb, writeIpynb } from './ipynb.ts';
import { codeCell, DEFAULT_METADATA, type Notebook } from './model.ts';
import { readPercent, writePercent } from './percent.ts';

export type NotebookFormat = 'ts' | 'ipynb';

/** Null: it is no notebook's. */
export function formatOf(file: string): NotebookFormat | null {
  const ending = extname(file);
  return ending === '.ts' ? 'ts' : ending === '.ipynb' ? 'ipynb' : null;
}

/** `file` is for messages. Throws INVALID_ARGUMENT. */
export const readNotebookText = (text: string, file: string, format: NotebookFormat): Notebook =>
  format === 'ts' ? readPercent(text) : readIpynb(text, file);

export const writeNotebookText = (notebook: Notebook, format: NotebookFormat): string =>
  format === 'ts' ? writePercent(notebook) : writeIpynb(notebook);

/** Of cells that were typed. */
export function notebookOf(codes: readonly string[]): Notebook {
  const sources = codes.map((code) => code.trimEnd());
  const ids = idsOf(sources.map((source) => ({ id: null, kind: 'code', source })));
  const cells = sources.map((source, at) => codeCell(source, ids[at] ?? ''));
  return { metadata: DEFAULT_METADATA, cells, fields: {} };
}

/** Rejects with INVALID_ARGUMENT for what cannot be read and for what is no notebook. */
export async function readNotebook(path: string, shown = path): Promise<Notebook> {
  const format = formatOf(path);
  if (format === null) throw new ServeError('INVALID_ARGUMENT', `'${shown}' is neither .ts nor .ipynb`);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ServeError('INVALID_ARGUMENT', `'${shown}' cannot be read: ${messageOf(error)}`);
  });
  return readNotebookText(text, shown, format);
}

/** All of it or nothing. Rejects with INVALID_ARGUMENT. */
export async function replaceFile(path: string, text: string, shown = path): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new ServeError('INVALID_ARGUMENT', `'${shown}' cannot be written: ${messageOf(error)}`);
  }
}
