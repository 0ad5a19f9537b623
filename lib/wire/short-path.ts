/**
 * A Unix socket's path may have some hundred bytes only, and a home directory more. What matters is how it is named when
 * somebody binds or connects: a link of a short name to its directory does, and need not stay.
 */
import { rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeRunDirectory } from './run-directory.ts';

/** Bytes that such a path may have. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

/** Calls `use` with a name of the socket that is short enough, and that is good until its promise settles. */
export async function atShortPath<Result>(path: string, use: (name: string) => Promise<Result>): Promise<Result> {
  if (Buffer.byteLength(path) <= LONGEST_PATH) return use(path);
  const directory = makeRunDirectory();
  try {
    const link = join(directory, 's');
    symlinkSync(dirname(path), link);
    return await use(join(link, basename(path)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
