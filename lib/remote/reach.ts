/** How an instance is found, also one that is away for a moment: it is starting, or was killed and is started again. */
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
  #lostAt: number | null = null;
  #isClosed = false;

  constructor(name: string) {
    this.#name = name;
  }

  found(comesBack: boolean): void {
    this.#comesBack = comesBack;
    this.#lostAt = null;
  }

  lost(): void {
    this.#lostAt ??= performance.now();
  }

  close(): void {
    this.#isClosed = true;
  }

  /** How long to look for it from now on where nobody answers, in ms. */
  get patienceMs(): number {
    return this.#comesBack && this.#lostAt !== null ? Math.max(0, this.#lostAt + AWAY_MS - performance.now()) : 0;
  }

  /** Throws INSTANCE_NOT_FOUND when what is there could be somebody else's. */
  get socket(): string {
    return findStateDirectory(this.#name).socket;
  }

  /**
   * What `open` makes of the path of its socket. Rejects with INSTANCE_NOT_FOUND once it cannot be expected there any
   * more, CLIENT_CLOSED, PROTOCOL_ERROR.
   */
  async open<Opened>(open: (socket: string) => Promise<Opened>): Promise<Opened> {
    const startedAt = performance.now();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      if (this.#isClosed)
        throw new ServeError('CLIENT_CLOSED', 'this client was closed while it looked for the instance');
      try {
        return await open(this.socket);
      } catch (cause) {
        if (cause instanceof ServeError) throw cause;
        const isLate = performance.now() - startedAt > AWAY_MS;
        if (isLate || !this.#isExpected(cause)) throw notFound(this.#name, cause);
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

  #directory(): StateDirectory | null {
    try {
      return findStateDirectory(this.#name);
    } catch {
      return null; // `open` says why
    }
  }
}

const codeOf = (cause: unknown): unknown => (cause instanceof Error && 'code' in cause ? cause.code : undefined);

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such instance'],
  ['ECONNREFUSED', 'it has ended without saying so'],
]);

function notFound(name: string, cause: unknown): ServeError {
  const given = name === 'default' ? '' : ` --name ${name}`;
  const reason = REASONS.get(codeOf(cause)) ?? (cause instanceof Error ? cause.message : String(cause));
  const where = `looked for ${stateDirectoryOf(name).socket}`;
  const next = `start one with \`servelab start${given}\`, or with serve.start()`;
  return new ServeError('INSTANCE_NOT_FOUND', `no instance '${name}' runs (${reason}; ${where}); ${next}`, { cause });
}
