/** Whether what a notebook was last run with is what it would be run with now. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jsonLine } from './json.ts';
import { isObject, type Notebook, ownOf, tagsOf, withOwn } from './model.ts';
import { EXECUTION } from './percent.ts';

const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];

/** Of its code, the versions of its packages, and Node's. What its own modules hold is not in it. */
export async function runKey(notebook: Notebook, directory: string): Promise<string> {
  const code = notebook.cells.filter(({ kind }) => kind === 'code').map((cell) => [cell.source, tagsOf(cell)]);
  const [major = ''] = process.versions.node.split('.');
  const parts = [jsonLine(code), await lockText(directory), major];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}

export function storedKey({ metadata }: Notebook): string | null {
  const { [EXECUTION]: execution } = ownOf(metadata);
  return isObject(execution) && typeof execution.key === 'string' ? execution.key : null;
}

/** Null: its outputs are of no whole run. */
export function withKey(notebook: Notebook, key: string | null): Notebook {
  const [major = ''] = process.versions.node.split('.');
  const execution = key === null ? null : { key, node: Number(major) };
  return { ...notebook, metadata: withOwn(notebook.metadata, EXECUTION, execution) };
}

/** Of the nearest directory upwards that has one. */
async function lockText(directory: string): Promise<string> {
  for (const name of LOCK_FILES) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  return dirname(directory) === directory ? '' : lockText(dirname(directory));
}
