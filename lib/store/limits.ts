/** What every store refuses before it looks at what it has: the grammar that all of them can index. */
import { quote } from '../domain/given-value.ts';
import { ServeError } from '../errors.ts';

export const MAX_VALUE_BYTES = 256 * 1024;
/** SQLite takes at most 10^9 bytes in a row. */
export const MAX_BLOB_BYTES = 512 * 1024 * 1024;
const MAX_KEY_LENGTH = 512;

const KEY = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const PREFIX = /^(?:[A-Za-z0-9_-]+\.)*$/;
const HASH = /^[0-9a-f]{64}$/;

export function requireKey(key: string): void {
  if (key.length <= MAX_KEY_LENGTH && KEY.test(key)) return;
  const wanted = `tokens of [A-Za-z0-9_-] joined by dots, at most ${MAX_KEY_LENGTH} characters`;
  throw new ServeError('INVALID_ARGUMENT', `a store's key must be ${wanted}, got ${quote(key)}`);
}

export function requirePrefix(prefix: string): void {
  if (prefix.length <= MAX_KEY_LENGTH && PREFIX.test(prefix)) return;
  const wanted = `'' or tokens of [A-Za-z0-9_-] with a dot behind each`;
  throw new ServeError('INVALID_ARGUMENT', `a store's prefix must be ${wanted}, got ${quote(prefix)}`);
}

export function requireValue(key: string, { byteLength }: Uint8Array): void {
  if (byteLength <= MAX_VALUE_BYTES) return;
  const next = 'put large data into blobs and refer to it by its hash';
  const found = `the value of '${key}' has ${byteLength} bytes`;
  throw new ServeError('INVALID_ARGUMENT', `${found}, and ${MAX_VALUE_BYTES} are the limit; ${next}`);
}

export function requireBlob({ byteLength }: Uint8Array): void {
  if (byteLength <= MAX_BLOB_BYTES) return;
  const next = 'keep it in a file and refer to that by its path';
  throw new ServeError(
    'INVALID_ARGUMENT',
    `a blob has ${byteLength} bytes, and ${MAX_BLOB_BYTES} are the limit; ${next}`,
  );
}

export function requireHash(hash: string): void {
  if (HASH.test(hash)) return;
  throw new ServeError('INVALID_ARGUMENT', `a hash must be 64 hexadecimal digits, got ${quote(hash)}`);
}
