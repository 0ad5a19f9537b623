import { createRequire } from 'node:module';

/** Whether a value is CommonJS's `require`, of a file or of a prompt. */
export const isModuleLoader = (value: unknown): boolean =>
  typeof value === 'function' &&
  Object.getOwnPropertyDescriptor(value, 'cache')?.value === createRequire(import.meta.url).cache &&
  Object.hasOwn(value, 'resolve');
