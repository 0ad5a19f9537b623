/** What SQLite and the file system say, in the toolkit's codes. */
import { ServeError } from '../errors.ts';

/** A file whose contents are not what was written into it. Ends at the copy, or as STORE_CORRUPT. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

/** SQLite's primary result codes (sqlite.org/rescode.html); the rest of the number says more of the same failure. */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const NOMEM = 7;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** I/O errors that are about what was read, not about the device. */
const IOERR_OF_CONTENT = new Set([
  IOERR | (2 << 8), // short read
  IOERR | (32 << 8), // bad checksum
  IOERR | (33 << 8), // the file system says that it is corrupt
]);

const OUTSIDE_CAUSES = new Set([PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN]);

const resultCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;

const primaryCode = (error: unknown): number => (resultCode(error) ?? 0) & 0xff;

export const isBusy = (error: unknown): boolean => [BUSY, LOCKED].includes(primaryCode(error));

/** Neither was it written, nor can it be told what the disk has of it. */
export const isDiskFailure = (error: unknown): boolean => primaryCode(error) === IOERR;

/** What fails while a file is only read and has no cause outside the file, is the file. */
export function damageIn(error: unknown): Damage | null {
  if (error instanceof Damage) return error;
  if (error instanceof ServeError) return null;
  const code = resultCode(error);
  if (code !== null && OUTSIDE_CAUSES.has(code & 0xff) && !IOERR_OF_CONTENT.has(code)) return null;
  // Node's own refusals count, too: a number beyond a double's integers is none that was written.
  const isNodes = error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE';
  return code === null && !isNodes ? null : new Damage(textOf(error), { cause: error });
}

/** Any failure at work with a store's file as a ServeError; what is a bug passes unchanged. */
export function asServeError(error: unknown, path: string): unknown {
  if (error instanceof Damage) return corrupt(path, error);
  const code = resultCode(error);
  if (code === null) return ofSystem(error, path);
  switch (code & 0xff) {
    case FULL:
      return full(path, error);
    case BUSY:
    case LOCKED:
      return new ServeError('STORE_LOCKED', `${path} is in use by another process`, { cause: error });
    case CORRUPT:
    case NOTADB:
      return corrupt(path, error);
    default:
      return IOERR_OF_CONTENT.has(code) ? corrupt(path, error) : failed(path, error);
  }
}

function corrupt(path: string, cause: unknown): ServeError {
  const next = 'start the instance again: it then goes on with the safety copy';
  return new ServeError('STORE_CORRUPT', `${path} is damaged (${textOf(cause)}); ${next}`, { cause });
}

function full(path: string, cause: unknown): ServeError {
  const next = 'nothing has changed; make room and try again';
  return new ServeError('STORE_FULL', `${path} cannot grow: its disk is full; ${next}`, { cause });
}

function failed(path: string, cause: unknown): ServeError {
  const next = 'nothing has changed; see to the disk or its permissions and try again';
  return new ServeError('STORE_FAILED', `${path} cannot be used (${textOf(cause)}); ${next}`, { cause });
}

function ofSystem(error: unknown, path: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? full(path, error) : failed(path, error);
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
