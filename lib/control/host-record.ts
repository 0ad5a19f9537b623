/** How a detached instance was started, kept with its state so that it can be started again the same way. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { ServeError } from '../errors.ts';

const HASH_BYTES = 32;

const recordOf = (directory: string): string => join(directory, 'host');
const hashOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Replaces it as a whole: after a power cut the old one is there, or this. */
export function writeHostRecord(directory: string, record: unknown): void {
  const bytes = serialize(record);
  const path = recordOf(directory);
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, Buffer.concat([hashOf(bytes), bytes]));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncDirectory(dirname(path));
}

/** Null: there is none. Throws STORE_CORRUPT when it is not what was written. */
export function readHostRecord(directory: string): unknown {
  const path = recordOf(directory);
  const bytes = readIfThere(path);
  if (bytes === null) return null;
  const body = bytes.subarray(HASH_BYTES);
  if (hashOf(body).equals(bytes.subarray(0, HASH_BYTES))) {
    try {
      return deserialize(body);
    } catch {
      // As written, but by a Node that this one cannot follow.
    }
  }
  throw new ServeError(
    'STORE_CORRUPT',
    `${path}, which says how the instance was started, cannot be read; delete that file and start it with its options`,
  );
}

/** There is an instance to be started again. */
export const hasHostRecord = (directory: string): boolean => existsSync(recordOf(directory));

/** From now on there is no such instance to be started again. */
export function removeHostRecord(directory: string): void {
  rmSync(recordOf(directory), { force: true });
  syncDirectory(directory);
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
