import { join } from 'node:path';

/** The files of one store, in a directory that other parts of an instance may use, too. */
export interface StorePaths {
  readonly directory: string;
  readonly database: string;
  /** The safety copy: a whole sound database of some commits ago. */
  readonly copy: string;
  /** A copy in the making. */
  readonly draft: string;
  /** The last database that was given up, for whoever wants to look into it. */
  readonly damaged: string;
  readonly lock: string;
  readonly witness: string;
}

export function storePaths(directory: string): StorePaths {
  const at = (name: string): string => join(directory, name);
  return {
    directory,
    database: at('state.sqlite'),
    copy: at('state.copy.sqlite'),
    draft: at('state.draft.sqlite'),
    damaged: at('state.damaged.sqlite'),
    lock: at('state.lock'),
    witness: at('state.witness'),
  };
}

/** A database's own file, then those that SQLite keeps beside it, which must never be found beside another. */
export const filesOf = (database: string): readonly [string, ...string[]] => [database, ...sideFilesOf(database)];

export const sideFilesOf = (database: string): readonly string[] => [`${database}-wal`, `${database}-journal`];
