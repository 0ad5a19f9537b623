import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type Found = { readonly path: string } | { readonly problem: string };

const INSTALL = 'npm install typescript@7';

/** The compiler itself, and not its launcher in JavaScript: 40 ms less until the first answer, and one process less. */
export function findTypeScript(directory: string): Found {
  const problems: string[] = [];
  // The toolkit's own first: it is the one that was tried with it.
  for (const from of [import.meta.filename, join(directory, 'session.mts')]) {
    const found = findFrom(from);
    if ('path' in found) return found;
    problems.push(found.problem);
  }
  return { problem: problems.find((problem) => problem !== NOT_THERE) ?? NOT_THERE };
}

const NOT_THERE = `completion and checks by type need TypeScript 7, which is not installed: ${INSTALL}`;

function findFrom(from: string): Found {
  const manifest = resolveFrom(from, 'typescript/package.json');
  if (manifest === null) return { problem: NOT_THERE };
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  if (Number.parseInt(version, 10) < 7) {
    return { problem: `completion and checks by type need TypeScript 7, and ${version} is installed: ${INSTALL}` };
  }
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
  const native = resolveFrom(manifest, `${platform}/package.json`);
  const path = native && join(dirname(native), 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
  if (path !== null && existsSync(path)) return { path };
  return {
    problem: `completion and checks by type need ${platform}, which belongs to TypeScript ${version} and is missing: it was installed without optional packages, or there is none for this machine`,
  };
}

/** Null where there is none. */
export function resolveFrom(from: string, specifier: string): string | null {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return null;
  }
}
