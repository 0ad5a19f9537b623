/** Values at the prompt, looked at without running anything of the user's: no getter, no proxy. */
import { isProxy } from 'node:util/types';
import { runInThisContext } from 'node:vm';

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** null: there is none that can be had without running code. `path`: `a.b.c`. */
export function liveValue(path: string): { readonly value: unknown } | null {
  const [root = '', ...rest] = path.split('.');
  let at = rootValue(root);
  for (const name of rest) {
    if (at === null) return null;
    at = ownOrInherited(at.value, name);
  }
  return at;
}

/** Names behind `path.`, own and inherited, without those of every object. */
export function liveMembers(path: string): readonly string[] {
  const found = liveValue(path);
  if (found === null) return [];
  const names = new Set<string>();
  for (let at = objectOf(found.value); at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (isProxy(at)) break;
    for (const name of Object.getOwnPropertyNames(at)) if (NAME.test(name)) names.add(name);
  }
  if (typeof found.value === 'object') names.delete('constructor');
  return [...names];
}

function rootValue(name: string): { readonly value: unknown } | null {
  if (!NAME.test(name)) return null;
  const global = Object.getOwnPropertyDescriptor(globalThis, name);
  if (global !== undefined) return 'value' in global ? { value: global.value } : null;
  try {
    // A variable of a cell: to read it runs nothing, and one that is not there yet throws.
    return { value: runInThisContext(name) };
  } catch {
    return null;
  }
}

function ownOrInherited(value: unknown, name: string): { readonly value: unknown } | null {
  for (let at = objectOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (isProxy(at)) return null;
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return 'value' in found ? { value: found.value } : null;
  }
  return null;
}

const objectOf = (value: unknown): object | null => (value === null || value === undefined ? null : Object(value));
