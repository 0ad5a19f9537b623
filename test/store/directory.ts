// A directory of its own for one test's store.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory where that can be had: what is tested here is not the disk, and flushing one takes its time. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Private, as mkdtemp makes it. On the disk where it has to hold much. */
export const newDirectory = (where: 'memory' | 'disk' = 'memory'): string =>
  mkdtempSync(join(where === 'memory' ? base : tmpdir(), 'servelab-store-'));

/** A test with a directory that is there for it only. */
export function withDirectory(run: (directory: string) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const directory = newDirectory();
    try {
      await run(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
}
