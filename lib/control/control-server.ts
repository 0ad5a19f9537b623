/** The instance's end of the control socket: whoever may open it may do everything, so only its owner may. */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { ServeError } from '../errors.ts';
import { packError } from '../wire/error-envelope.ts';
import { isFlat } from '../wire/flat-value.ts';
import { areQueryFrames } from '../wire/frame-check.ts';
import { listenForGreetings } from '../wire/greeting.ts';
import type { SocketPort } from '../wire/socket-port.ts';
import { type Call, isCall, type Reply, type Welcome } from './protocol.ts';

/** Who asks. */
export interface Caller {
  /** As it says itself. */
  readonly author: string;
  /** It has gone, and waits no more. */
  readonly gone: AbortSignal | null;
}

export interface ControlServerParts {
  readonly version: string;
  welcome(): Omit<Welcome, 'type'>;
  /** Carries out one of the instance's controls. */
  call(method: string, args: readonly unknown[], caller: Caller): Promise<unknown>;
  /** A client wants queries routed that come on this port. */
  queries(port: SocketPort): void;
}

/** Controls whose answers are plain JSON by contract, and long. */
const PLAIN_ANSWERS: ReadonlySet<string> = new Set(['status', 'statusAfter']);

/** Calls that one client may have under way at a time. */
const MOST_CALLS = 1000;

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
      server.#server = await listenForGreetings(draft, parts.version, {
        control: { accepts: isCall, welcomed: (port) => server.#controlledFrom(port) },
        queries: { accepts: areQueryFrames, welcomed: (port) => server.#queriedFrom(port) },
      });
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

  #controlledFrom(port: SocketPort): void {
    this.#keep(port);
    const gone = new AbortController();
    port.on('close', () => gone.abort());
    let underWay = 0;
    port.on('message', async (call: Call) => {
      underWay++;
      answer(port, call, underWay > MOST_CALLS ? tooMany(call) : await this.#carriedOut(call, gone.signal));
      underWay--;
    });
    port.postMessage({ type: 'welcome', ...this.#parts.welcome() } satisfies Welcome);
  }

  #queriedFrom(port: SocketPort): void {
    this.#keep(port);
    this.#parts.queries(port);
  }

  #keep(port: SocketPort): void {
    this.#open.add(port);
    port.on('close', () => this.#open.delete(port));
    port.unref();
  }

  async #carriedOut({ id, method, args, author }: Call, gone: AbortSignal): Promise<Reply> {
    try {
      return {
        type: 'reply',
        id,
        value: await this.#parts.call(method, args, { author: shownAuthor(author), gone }),
        error: null,
      };
    } catch (error) {
      return refusal(id, error);
    }
  }
}

const MOST_OF_AUTHOR = 200;

/** What another process says of itself. */
const shownAuthor = (author: unknown): string =>
  typeof author === 'string' ? author.slice(0, MOST_OF_AUTHOR) : 'unknown';

function answer(port: SocketPort, { method }: Call, reply: Reply): void {
  try {
    const { value, error } = reply;
    const isPlain = error === null && (value === undefined || PLAIN_ANSWERS.has(method) || isFlat(value));
    if (isPlain) port.postPlain(reply);
    else port.postMessage(reply);
  } catch (cause) {
    // Memory that threads share, say, in a `userConfig`.
    const what = `the answer cannot be sent to another process: ${cause instanceof Error ? cause.message : cause}`;
    port.postMessage(refusal(reply.id, new ServeError('NOT_SERIALIZABLE', what, { cause })));
  }
}

const refusal = (id: number, error: unknown): Reply => ({ type: 'reply', id, value: null, error: packError(error) });

const tooMany = ({ id, method }: Call): Reply =>
  refusal(
    id,
    new ServeError('QUEUE_FULL', `${method}: this client has ${MOST_CALLS} calls under way; await some first`),
  );

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
