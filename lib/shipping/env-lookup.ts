import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ServeError } from '../errors.ts';

/** What stands at a path, links followed; null = nothing. Rejects ENV_NOT_FOUND when that cannot be seen. */
export async function statOf(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw envNotFound(`${path} cannot be looked at (${message})`, 'make it readable for this user', error);
  }
}

export const envNotFound = (found: string, next: string, cause?: unknown): ServeError =>
  new ServeError('ENV_NOT_FOUND', `${found}; ${next}`, cause === undefined ? undefined : { cause });
