import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { importerIn } from './loader.ts';
import type { Reference } from './references.ts';

type Exports = Readonly<Record<string, unknown>>;

/** What a captured import was, from this thread's own copy of the module. Rejects with what importing it throws. */
export async function importExport({ module, from, exportName }: Reference): Promise<unknown> {
  const exports: Exports = await importerIn(from)(module);
  if (exportName === null) return exports;
  if (Object.hasOwn(exports, exportName)) return exports[exportName];
  // Node names only those exports of a CommonJS module that it finds by reading it; the rest are in `module.exports`.
  const whole = exports['module.exports'] ?? exports.default;
  if (isHolder(whole) && Object.hasOwn(whole, exportName)) return whole[exportName];
  throw new Error(`'${module}' has no export '${exportName}' here`);
}

/** `require` as it is in a file; at a prompt, whose name is no path, in the working directory. */
export const requireIn = (from: string): unknown =>
  createRequire(isAbsolute(from) || from.startsWith('file:') ? from : `${process.cwd()}/`);

const isHolder = (value: unknown): value is Exports =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
