import { findTypeScript } from './executable.ts';
import { LanguageServer } from './language-server.ts';
import type { VirtualFile } from './project.ts';

/** One that ended is started again this often altogether; then something is wrong that starting does not mend. */
const MOST_STARTS = 2;

/** The language server of a session, from the first time it is needed. */
export class ServerLife {
  readonly #directory: string;
  readonly #files: readonly VirtualFile[];
  #server: LanguageServer | null = null;
  #starting: Promise<LanguageServer | null> | null = null;
  #starts = 0;
  #isClosed = false;
  #problem: string | null = null;

  constructor(directory: string, files: readonly VirtualFile[]) {
    this.#directory = directory;
    this.#files = files;
  }

  /** Null where there is none now. */
  get server(): LanguageServer | null {
    return this.#server;
  }

  /** Why there is none and will be none. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Starts it where it does not run. Resolves with null where it cannot be started. */
  running(): Promise<LanguageServer | null> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#server?.kill();
  }

  async #start(): Promise<LanguageServer | null> {
    if (this.#isClosed || this.#problem !== null) return null;
    const found = findTypeScript(this.#directory);
    if ('problem' in found) {
      this.#problem = found.problem;
      return null;
    }
    this.#starts += 1;
    const server = new LanguageServer(found.path);
    this.#server = server;
    void server.ended.then((reason) => this.#hasEnded(reason));
    try {
      await server.initialize(this.#files);
      return server;
    } catch {
      // How it ended is said once it has.
      await server.kill();
      return null;
    }
  }

  #hasEnded(reason: string): void {
    this.#server = null;
    this.#starting = null;
    if (this.#starts < MOST_STARTS || this.#isClosed) return;
    this.#problem ??= `completion and checks by type are off for this session: TypeScript's language server ended ${this.#starts} times, at last because ${reason}`;
  }
}
