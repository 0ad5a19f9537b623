/** What functions have of their own accord, which their sources make again. */
import type { Callable } from './callable.ts';

/** The own keys of a function that it does not have of its own accord. */
export const keysPutOn = (target: Callable): (string | symbol)[] =>
  Reflect.ownKeys(target).filter((key) => !isNaturalOfFunction(target, key) && !isUntouchedPrototype(target, key));

/** Of a generator function: an object that nobody has touched. */
function isUntouchedPrototype(target: Callable, key: string | symbol): boolean {
  const { value, enumerable } = Object.getOwnPropertyDescriptor(target, key) ?? {};
  const isObject = typeof value === 'object' && value !== null;
  return key === 'prototype' && enumerable === false && isObject && Reflect.ownKeys(value).length === 0;
}

/** What a function has of its own accord, as far as it is still that. */
export function isNaturalOfFunction(target: Callable, key: string | symbol): boolean {
  const { value, writable, enumerable } = Object.getOwnPropertyDescriptor(target, key) ?? {};
  if (key === 'arguments' || key === 'caller') return true;
  if (key === 'length') return typeof value === 'number' && writable === false;
  if (key === 'name') return typeof value === 'string' && writable === false;
  return key === 'prototype' && enumerable === false && (writable === false || isLinked(value, target));
}

/** Whether an object is the prototype that a function brings along. */
export const isLinked = (prototype: unknown, target: Callable): boolean =>
  typeof prototype === 'object' &&
  prototype !== null &&
  Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value === target;
