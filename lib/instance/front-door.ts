/** What other processes find an instance by: its name, which is its alone, and its control socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlServer, type ControlServerParts } from '../control/control-server.ts';
import { readHolder, writeHolder } from '../control/holder.ts';
import { hasHostRecord } from '../control/host-record.ts';
import { makeStateDirectory, removeStateDirectory, type StateDirectory } from '../control/state-directory.ts';
import { isServeError, ServeError } from '../errors.ts';
import { type FileLock, lockFile } from '../store/directory-lock.ts';
import { version } from '../version.ts';

export interface FrontDoorParts extends Pick<ControlServerParts, 'call' | 'queries'> {
  httpUrl(): string | null;
  /** Whether clients may wait for it when it was killed. */
  readonly comesBack: boolean;
}

/** How long a holder of the name may take to say who it is, in ms. It has, unless it was started just now. */
const WITHIN_MS = 500;
const LOOK_EVERY_MS = 5;

export class FrontDoor {
  readonly #name: string;
  readonly #host: 'inline' | 'process';
  /** An inline instance ends with its process, in good order or not. */
  readonly #atExit = (): void => void this.close();
  #held: Held | null = null;
  #server: ControlServer | null = null;

  /**
   * Takes the name. Rejects with INSTANCE_EXISTS when another process has it, LISTEN_FAILED.
   *
   * What runs in its caller's process starts even where the system lets it keep no files, as in a container that is
   * read-only: it can do without being found. What has a process of its own could not even be told to stop.
   */
  static async take(name: string, host: 'inline' | 'process'): Promise<FrontDoor> {
    const door = new FrontDoor(name, host);
    try {
      door.#held = await holdName(name);
    } catch (error) {
      door.#toleratesOrThrows(error, 'nor is its name kept from them');
    }
    return door;
  }

  private constructor(name: string, host: 'inline' | 'process') {
    this.#name = name;
    this.#host = host;
  }

  /** Where the instance keeps what it has; '' where there is no such place. */
  get directory(): string {
    return this.#held?.directory.path ?? '';
  }

  /** From now on clients come. Rejects with LISTEN_FAILED. */
  async open({ httpUrl, comesBack, call, queries }: FrontDoorParts): Promise<void> {
    if (this.#held === null) return;
    if (this.#host === 'inline') process.once('exit', this.#atExit);
    const welcome = () => ({ instance: this.#name, pid: process.pid, httpUrl: httpUrl(), comesBack });
    try {
      this.#server = await ControlServer.listen(this.#held.directory.socket, { version, welcome, call, queries });
    } catch (error) {
      this.#toleratesOrThrows(error, 'its name is kept');
    }
  }

  /**
   * The name is free at once. What is kept stays if the instance can be started again from it. Resolves when everybody
   * has been let go.
   */
  close(): Promise<void> {
    process.off('exit', this.#atExit);
    const left = this.#server?.close() ?? Promise.resolve();
    const held = this.#held;
    this.#held = null;
    if (held === null) return left;
    try {
      if (!hasHostRecord(held.directory.path)) removeStateDirectory(held.directory);
    } catch (error) {
      this.#warn(`what it kept in ${held.directory.path} is still there: ${reasonOf(error)}`);
    } finally {
      held.lock.release();
    }
    return left;
  }

  #toleratesOrThrows(error: unknown, what: string): void {
    const isTheSystems = isServeError(error) && error.code === 'LISTEN_FAILED' && error.cause !== undefined;
    if (!isTheSystems || this.#host !== 'inline') throw error;
    this.#warn(`it runs, but other processes cannot find it, ${what}: ${error.message}`);
  }

  #warn(text: string): void {
    process.stderr.write(`servelab: instance '${this.#name}': ${text}\n`);
  }
}

interface Held {
  readonly lock: FileLock;
  readonly directory: StateDirectory;
}

async function holdName(name: string): Promise<Held> {
  const end = performance.now() + WITHIN_MS;
  for (;;) {
    const isLast = performance.now() > end;
    try {
      const directory = makeStateDirectory(name);
      const lock = lockFile(directory.lock, 0);
      if (lock !== null) return signed(lock, directory);
      const holder = readHolder(directory.holder);
      if (holder !== null) throw instanceExists(name, `in process ${holder}`);
      if (isLast) throw instanceExists(name, 'in a process that cannot be seen from here');
    } catch (error) {
      // Whoever had the name has just let go of it, and the directory went away.
      if (isLast || !isMissing(error)) throw asServeError(error, name);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function signed(lock: FileLock, directory: StateDirectory): Held {
  try {
    writeHolder(directory.holder);
    return { lock, directory };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const found = isServeError(error) ? error.cause : error;
  return found instanceof Error && 'code' in found && found.code === 'ENOENT';
}

function asServeError(error: unknown, name: string): unknown {
  if (isServeError(error)) return error;
  const where = `the state directory of instance '${name}' cannot be used: ${reasonOf(error)}`;
  const next = 'set XDG_STATE_HOME to a directory of your own';
  return new ServeError('LISTEN_FAILED', `${where}; ${next}`, { cause: error });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const instanceExists = (name: string, where: string): ServeError =>
  new ServeError(
    'INSTANCE_EXISTS',
    `instance '${name}' runs already, ${where}; get a client with serve.connect({ name: '${name}' }), or choose another name`,
  );
