/** The instance's end of the control socket: whoever may open it may do everything, so only its owner may. */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { ServeError } from '../errors.ts';
import { packError } from '../wire/error-envelope.ts';
import { listenForGreetings } from '../wire/greeting.ts';
import type { SocketPort } from '../wire/socket-port.ts';
import type { Call, Reply, Welcome } from './protocol.ts';

export interface ControlServerParts {
  readonly version: string;
  welcome(): Omit<Welcome, 'type'>;
  /** Carries out one of the instance's controls. */
  call(method: string, args: readonly unknown[], author: string): Promise<unknown>;
  /** A client wants queries routed that come on this port. */
  queries(port: SocketPort): void;
}

export class ControlServer {
  readonly #parts: ControlServerParts;
  readonly #path: string;
  readonly #open = new Set<SocketPort>();
  #server: Server | null = null;

  private constructor(path: string, parts: ControlServerParts) {
    this.#path = path;
    this.#parts = parts;
  }

  /**
   * Its caller holds the instance's lock: a socket that is there already belongs to nobody, and is replaced by one that
   * is ready and closed to others. Rejects with LISTEN_FAILED.
   */
  static async listen(path: string, parts: ControlServerParts): Promise<ControlServer> {
    const server = new ControlServer(path, parts);
    const draft = join(dirname(path), 'control.new');
    try {
      rmSync(draft, { force: true });
      server.#server = await listenForGreetings(draft, parts.version, (role, port) => server.#welcomed(role, port));
      chmodSync(draft, 0o600);
      renameSync(draft, path);
    } catch (cause) {
      server.#server?.close();
      throw failed(path, cause);
    }
    return server;
  }

  /** Nobody can connect any more. Who is connected is let go a turn later, when the reply to a `shutdown` has left. */
  close(): Promise<void> {
    this.#server?.close();
    rmSync(this.#path, { force: true });
    return new Promise((resolve) => {
      setImmediate(() => void Promise.all([...this.#open].map((port) => closed(port))).then(() => resolve()));
    });
  }

  #welcomed(role: 'control' | 'queries', port: SocketPort): void {
    this.#open.add(port);
    port.on('close', () => this.#open.delete(port));
    port.unref();
    if (role === 'queries') {
      this.#parts.queries(port);
      return;
    }
    port.on('message', (message: Call) => void this.#carryOut(port, message));
    port.postMessage({ type: 'welcome', ...this.#parts.welcome() } satisfies Welcome);
  }

  async #carryOut(port: SocketPort, { id, method, args, author }: Call): Promise<void> {
    let reply: Reply;
    try {
      reply = { type: 'reply', id, value: await this.#parts.call(method, args, shownAuthor(author)), error: null };
    } catch (error) {
      reply = { type: 'reply', id, value: null, error: packError(error) };
    }
    port.postMessage(reply);
  }
}

const MOST_OF_AUTHOR = 200;

/** What another process says of itself. */
const shownAuthor = (author: unknown): string =>
  typeof author === 'string' ? author.slice(0, MOST_OF_AUTHOR) : 'unknown';

function closed(port: SocketPort): Promise<void> {
  return new Promise((resolve) => {
    port.on('close', () => resolve());
    port.close();
  });
}

const failed = (path: string, cause: unknown): ServeError =>
  new ServeError(
    'LISTEN_FAILED',
    `the control socket ${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}; ` +
      'set XDG_STATE_HOME to a directory of your own',
    { cause },
  );
