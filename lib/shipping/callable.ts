import { withoutInserted } from './typed-code.ts';

/** Any function or class. */
export type Callable = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

export const isCallable = (value: unknown): value is Callable => typeof value === 'function';

/** As its user wrote it. */
export const sourceOf = (target: Callable): string => withoutInserted(Function.prototype.toString.call(target));

/** True for a user's class; false for functions, methods named `class`, and built-in classes. */
export const isClass = (target: Callable): boolean =>
  /^(?:class|@)/.test(sourceOf(target)) && Object.getOwnPropertyDescriptor(target, 'prototype')?.writable === false;

/** True where JavaScript has no source: built-ins, what `bind` returns, and proxies of functions. */
export const isNative = (target: Callable): boolean => /\{\s*\[native code\]\s*\}$/.test(sourceOf(target));

/** The name a user gave it; '' = none. A class may have put anything else in its `name`. */
export function nameOf(target: Callable): string {
  const name: unknown = Object.getOwnPropertyDescriptor(target, 'name')?.value;
  return typeof name === 'string' ? name : '';
}

/** The class's own prototype, or null where it has none. */
export function prototypeOf(target: Callable): object | null {
  const prototype: unknown = Object.getOwnPropertyDescriptor(target, 'prototype')?.value;
  return typeof prototype === 'object' ? prototype : null;
}

/** The functions written on one object itself, by name. Reads no accessor, so no user code runs. */
export function ownMethods(owner: object): ReadonlyMap<string, Callable> {
  const methods = new Map<string, Callable>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
    if (name !== 'constructor' && isCallable(value)) methods.set(name, value);
  }
  return methods;
}
