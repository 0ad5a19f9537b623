import type sqlite from 'node:sqlite';
import { ServeError } from '../errors.ts';

/**
 * Node's own SQLite. On Node 22 loading it gives one warning per thread that it is experimental: users can do nothing
 * about it. It is given synchronously, so nobody else's warning is lost meanwhile.
 */
export function loadSqlite(): typeof sqlite {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    const loaded = process.getBuiltinModule('node:sqlite');
    if (loaded !== undefined) return loaded;
  } finally {
    process.emitWarning = emitWarning;
  }
  const next = 'use an official build of Node 22.18 or newer';
  throw new ServeError('STORE_FAILED', `this Node (${process.version}) was built without node:sqlite; ${next}`);
}
