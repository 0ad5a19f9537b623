/** What a prompt tells of the code that is typed at it, so that this travels as if it stood in a file. */
import type { Reference } from './references.ts';

let inserted: readonly string[] = [];
const imports = new WeakMap<object, Reference>();
const scopes = new WeakSet<object>();

/**
 * From now on these texts are left out of every source that travels: what a prompt inserts into the functions that are
 * typed at it, and what only it can run. Where one is the beginning of another, the longer one comes first.
 */
export function omitFromSources(texts: readonly string[]): void {
  inserted = [...texts];
}

/**
 * From now on a variable of a prompt's own that has this value travels as what a file there would import, not as a
 * copy. `from`: a URL; the module is seen from there.
 */
export function shipAsImport(value: object, { module, from, exportName }: Reference): void {
  imports.set(value, { module, from, exportName });
}

/** From now on what code finds in this object by a `with` around it are variables like any other. */
export function shipVariablesOf(scope: object): void {
  scopes.add(scope);
}

export const isScopeOfPrompt = (object: object): boolean => scopes.has(object);

export const withoutInserted = (source: string): string =>
  inserted.reduce((text, insertion) => (text.includes(insertion) ? text.replaceAll(insertion, '') : text), source);

export const importAtPrompt = (value: object): Reference | null => imports.get(value) ?? null;
