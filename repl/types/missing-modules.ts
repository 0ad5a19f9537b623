/** Modules that the server does not find, and that are there: made since it looked, as it watches no files. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LspDiagnostic } from './diagnostics.ts';

const CANNOT_FIND_MODULE = 2307;

/** The URLs of what it would have to see. */
export function foundSince(items: readonly LspDiagnostic[], directory: string): string[] {
  const specifiers = items
    .filter(({ code }) => Number(code) === CANNOT_FIND_MODULE)
    .map(({ message }) => /'([^']+)'/.exec(message)?.[1] ?? '');
  return [...new Set(specifiers)]
    .flatMap((specifier) => placesOf(specifier, directory))
    .filter((path) => existsSync(path))
    .map((path) => pathToFileURL(path).href);
}

function placesOf(specifier: string, directory: string): string[] {
  if (/^\.{0,2}\//.test(specifier)) return [specifier.startsWith('/') ? specifier : join(directory, specifier)];
  const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  return ancestorsOf(directory).map((ancestor) => join(ancestor, 'node_modules', name, 'package.json'));
}

function ancestorsOf(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestorsOf(parent)];
}
