import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Whether a file (a URL or a path) is the program that this process, or this worker thread, was started with. To
 * import it elsewhere would run the whole program again.
 */
export function isMainModule(file: string): boolean {
  main ??= mainFile(process.argv[1]);
  const known = answers.get(file) ?? (main !== '' && pathOf(file) === main);
  answers.set(file, known);
  return known;
}

let main: string | null = null;
const answers = new Map<string, boolean>();

/** As `node` finds it: `node app` may mean `app.js`, or the target of a link. '' at a prompt. */
function mainFile(named: string | undefined): string {
  if (named === undefined || named === '') return '';
  const path = named.startsWith('file:') ? fileURLToPath(named) : named;
  try {
    return realpathSync(createRequire(import.meta.url).resolve(path));
  } catch {
    return path;
  }
}

function pathOf(file: string): string {
  try {
    return realpathSync(file.startsWith('file:') ? fileURLToPath(file) : file);
  } catch {
    return file;
  }
}
