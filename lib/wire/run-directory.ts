/** A directory of this user's own for what processes share while they run: sockets and small files. */
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, pidSpace } from './processes.ts';

const PREFIX = 'servelab-';
/** Bytes that the path of a Unix socket may have (macOS: 103), less what stands behind this one's. */
const LONGEST_PATH = 103 - '/servelab-1234567-4026531836-abcdef/replica1234'.length;

export class RunDirectory {
  readonly path: string;
  #count = 0;
  readonly #removeAtExit = (): void => this.remove();

  constructor() {
    this.path = makeRunDirectory();
    process.once('exit', this.#removeAtExit);
  }

  /** A new path in it. */
  newPath(kind: string): string {
    return join(this.path, `${kind}${++this.#count}`);
  }

  remove(): void {
    process.off('exit', this.#removeAtExit);
    if (!existsSync(this.path)) return;
    // Replicas still put files there: in a directory that fills up again nothing can be removed but what is in it.
    const going = `${this.path}x`;
    renameSync(this.path, going);
    rmSync(going, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The path of a new one, short enough for sockets in it. One whose process has been killed goes when the next is made. */
export function makeRunDirectory(): string {
  const base = basePath();
  sweep(base);
  return mkdtempSync(join(base, `${PREFIX}${process.pid}-${pidSpace()}-`));
}

/** In memory where the system has such a place, else where it keeps temporary files. */
function basePath(): string {
  const { XDG_RUNTIME_DIR = '' } = process.env;
  return [XDG_RUNTIME_DIR, '/dev/shm', tmpdir()].find(isFit) ?? '/tmp';
}

function isFit(base: string): boolean {
  if (base === '' || Buffer.byteLength(base) > LONGEST_PATH) return false;
  try {
    accessSync(base, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Removes what processes have left that were killed. Containers may share a directory, but not what a pid means. */
function sweep(base: string): void {
  const own = new RegExp(`^${PREFIX}(\\d+)-${pidSpace()}-\\w+$`);
  for (const name of readdirSync(base)) {
    const pid = own.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmSync(join(base, name), { recursive: true, force: true });
    } catch {
      // Another user's, or somebody else removes it just now: it is theirs to remove.
    }
  }
}
