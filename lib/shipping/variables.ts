import { builtInAt } from './built-in-path.ts';
import type { BuiltIns } from './built-ins.ts';
import type { Scope } from './inspection.ts';
import { isScopeOfPrompt } from './typed-code.ts';
import { isWorkerGlobal } from './worker-globals.ts';

/** What a name means to a function. */
export type Binding =
  /** The replica has the very same. */
  | { readonly kind: 'global' }
  | { readonly kind: 'variable'; readonly value: unknown; readonly home: Home }
  | { readonly kind: 'absent' | 'uninitialised' | 'hidden' }
  | { readonly kind: 'throws'; readonly thrown: unknown };

/** Where a variable stands in a function's chain of scopes. */
export interface Home {
  readonly scopes: readonly Scope[];
  readonly index: number;
}

/** 'Closure' of 'Closure (makeCounter)'. */
export const kindOf = (scope: Scope | undefined): string => /^\w+/.exec(scope?.description ?? '')?.[0] ?? '';

/** Looks a name up, from the innermost scope outwards, as the function itself would. */
export function resolve(name: string, scopes: readonly Scope[], builtIns: BuiltIns): Binding {
  for (const [index, scope] of scopes.entries()) {
    const kind = kindOf(scope);
    if (kind === 'Global') return resolveGlobal(name, { scopes, index }, scope.object, builtIns);
    const isHidden = kind === 'With' && !isScopeOfPrompt(scope.object);
    if (isHidden && name in scope.object) return { kind: 'hidden' };
    if (isHidden || !Object.hasOwn(scope.object, name)) continue;
    try {
      const value: unknown = Reflect.get(scope.object, name);
      return isSameGlobal(name, value, builtIns)
        ? { kind: 'global' }
        : { kind: 'variable', value, home: { scopes, index } };
    } catch {
      return { kind: 'uninitialised' };
    }
  }
  return { kind: 'absent' };
}

function resolveGlobal(name: string, home: Home, globals: object, builtIns: BuiltIns): Binding {
  if (!(name in globals)) return { kind: 'absent' };
  try {
    const value: unknown = Reflect.get(globals, name);
    return isSameGlobal(name, value, builtIns) ? { kind: 'global' } : { kind: 'variable', value, home };
  } catch (thrown) {
    return { kind: 'throws', thrown };
  }
}

/** Whether the replica's global of that name is what the name means here. */
function isSameGlobal(name: string, value: unknown, builtIns: BuiltIns): boolean {
  if (!isWorkerGlobal(name)) return false;
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return Object.is(value, Reflect.get(globalThis, name));
  }
  const path = builtIns.pathOf(value);
  return path !== null && builtInAt(path) === Reflect.get(globalThis, name);
}
