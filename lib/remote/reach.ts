/** How an instance is found, also one that is away for a moment: it is starting, or was killed and is started again. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHolder } from '../control/holder.ts';
import { findStateDirectory, type StateDirectory, stateDirectoryOf } from '../control/state-directory.ts';
import { ServeError } from '../errors.ts';

/** How long it may be away, in ms; as long as queries wait for a replica. */
export const AWAY_MS = 30_000;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;

export class Reach {
  readonly #name: string;
  /** It is started again when it ends without having been shut down. */
  #comesBack = false;
  #wasFound = false;
  #lostAt: number | null = null;
  #closings = 0;

  constructor(name: string) {
    this.#name = name;
  }

  found(comesBack: boolean): void {
    this.#comesBack = comesBack;
    this.#wasFound = true;
    this.#lostAt = null;
  }

  lost(): void {
    this.#lostAt ??= performance.now();
  }

  /** Who waits for it does so no more. */
  close(): void {
    this.#closings++;
  }

  /** How long to look for it from now on where nobody answers, in ms. */
  get patienceMs(): number {
    return this.#comesBack && this.#lostAt !== null ? Math.max(0, this.#lostAt + AWAY_MS - performance.now()) : 0;
  }

  /** It was there, and did not merely die. */
  get isShutDown(): boolean {
    return this.#wasFound && !existsSync(stateDirectoryOf(this.#name).socket);
  }

  /** Where it listens, or did before it was killed. Throws INSTANCE_NOT_FOUND, CLIENT_CLOSED. */
  get socket(): string {
    const { socket } = findStateDirectory(this.#name);
    if (!existsSync(socket)) throw this.#notFound(Object.assign(new Error(), { code: 'ENOENT' }));
    return socket;
  }

  /**
   * What `open` makes of the path of its socket. Rejects with INSTANCE_NOT_FOUND once it cannot be expected there any
   * more, CLIENT_CLOSED when it was there and has been shut down, PROTOCOL_ERROR.
   */
  async open<Opened>(open: (socket: string) => Promise<Opened>): Promise<Opened> {
    const startedAt = performance.now();
    const closings = this.#closings;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      if (this.#closings > closings) throw closedMeanwhile();
      try {
        return await open(findStateDirectory(this.#name).socket);
      } catch (cause) {
        if (cause instanceof ServeError) throw cause;
        const isLate = performance.now() - startedAt > AWAY_MS;
        if (isLate || !this.#isExpected(cause)) throw this.#notFound(cause);
      }
      await sleep(pauseMs);
    }
  }

  #isExpected(cause: unknown): boolean {
    const code = codeOf(cause);
    // So many connect at this moment that the system lets no more wait.
    if (code === 'EAGAIN') return true;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'ECONNRESET') return false;
    this.lost();
    const directory = this.#directory();
    // It has the name, and opens its socket last.
    if (directory !== null && readHolder(directory.holder) !== null) return true;
    // A shutdown would have removed the socket.
    return code !== 'ENOENT' && this.patienceMs > 0;
  }

  #notFound(cause: unknown): ServeError {
    const name = this.#name;
    if (!this.#wasFound || codeOf(cause) !== 'ENOENT') return notFound(name, cause);
    const next = `start it again with \`servelab start${option(name)}\`, or with serve.start()`;
    return new ServeError('CLIENT_CLOSED', `instance '${name}' has been shut down; ${next}`, { cause });
  }

  #directory(): StateDirectory | null {
    try {
      return findStateDirectory(this.#name);
    } catch {
      return null; // `open` says why
    }
  }
}

const closedMeanwhile = (): ServeError =>
  new ServeError('CLIENT_CLOSED', 'this client was closed while it waited for the instance');

const option = (name: string): string => (name === 'default' ? '' : ` --name ${name}`);

const codeOf = (cause: unknown): unknown => (cause instanceof Error && 'code' in cause ? cause.code : undefined);

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such instance'],
  ['ECONNREFUSED', 'it has ended without saying so'],
]);

function notFound(name: string, cause: unknown): ServeError {
  const reason = REASONS.get(codeOf(cause)) ?? (cause instanceof Error ? cause.message : String(cause));
  const where = `looked for ${stateDirectoryOf(name).socket}`;
  const next = `start one with \`servelab start${option(name)}\`, or with serve.start()`;
  return new ServeError('INSTANCE_NOT_FOUND', `no instance '${name}' runs (${reason}; ${where}); ${next}`, { cause });
}
