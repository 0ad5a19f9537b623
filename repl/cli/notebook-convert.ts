import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { exportText } from '../notebook/export.ts';
import type { Notebook } from '../notebook/model.ts';
import { formatOf, readNotebook, writeNotebookText } from '../notebook/notebook-file.ts';
import { pairOf, withOutputsOf } from '../notebook/pair.ts';
import { tell } from './failure.ts';
import { type ExportOptions, requireNotebook, targetOf, writeOver, writeTarget } from './notebook-options.ts';
import { print } from './output.ts';

/** `servelab notebook sync`. */
export async function syncCommand(file: string): Promise<void> {
  requireNotebook(file);
  const { ts, ipynb } = pairOf(file);
  const isSource = formatOf(file) === 'ts';
  const other = isSource ? ipynb : ts;
  const notebook = isSource ? await withKeptOutputs(file) : await readNotebook(resolve(file), file);
  const text = writeNotebookText(notebook, isSource ? 'ipynb' : 'ts');
  const before = existsSync(other) ? await readFile(other, 'utf8') : null;
  if (before === text) {
    print(`nothing to do: ${other} agrees with ${file}`);
    return;
  }
  await writeOver(other, text);
  print(`${other} is ${before === null ? 'new' : 'written anew'}, with the ${notebook.cells.length} cells of ${file}`);
}

/** `servelab notebook export`. */
export async function exportCommand(file: string, options: ExportOptions): Promise<void> {
  requireNotebook(file);
  const target = targetOf(file, options);
  if (target === null) return;
  const notebook = await withKeptOutputs(file);
  if (target.format !== 'ts' && notebook.cells.every(({ outputs }) => outputs.length === 0)) {
    tell(`'${file}' has no outputs that are kept; \`servelab notebook run ${file} --to ${target.format}\` makes them`);
  }
  await writeTarget(target, await exportText(notebook, target.format, basename(file)));
  if (target.file !== null) print(`${target.file} is written`);
}

/** A `.ts` has none itself: those of the `.ipynb` beside it. */
async function withKeptOutputs(file: string): Promise<Notebook> {
  const notebook = await readNotebook(resolve(file), file);
  const { ipynb } = pairOf(file);
  if (formatOf(file) !== 'ts' || !existsSync(ipynb)) return notebook;
  return withOutputsOf(notebook, await readNotebook(resolve(ipynb), ipynb));
}
