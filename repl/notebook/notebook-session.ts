/** The session that a notebook runs in, and its instance: both are there for it alone, unless the instance is named. */
import type { InstanceHere } from '../connect-or-start.ts';
import { newId } from '../new-id.ts';
import type { SessionEnd } from '../session/launch-session.ts';
import type { Output } from '../session/protocol.ts';
import { type StartedSession, startSession } from '../session/start-session.ts';
import { ahead } from './ahead.ts';

export interface NotebookSessionOptions {
  /** Where relative paths and imports begin. */
  readonly directory: string;
  /** An instance of this name is worked on if it runs, and started if not. Null: a new one. */
  readonly instance: string | null;
  /** What is going to be executed: where none of it names the instance, there is none. */
  readonly codes: readonly string[];
  show(output: Output): void;
}

/** What can be told without an instance need not wait for one to start. */
const NAMES_INSTANCE = /\b(?:client|endpoints|http|serve|servelab|show|global|globalThis)\b|^\s*\./;

/** After which a session that was asked to end is killed, in ms. */
const GRACE_MS = 3000;

/** Without colours: what is kept in a file is compared, and read by who has none. */
const LOOK = { colors: false, columns: 100 } as const;

export class NotebookSession {
  readonly ended: Promise<SessionEnd>;
  readonly #session: StartedSession;
  readonly #name: string | null;
  readonly #needsInstance: boolean;
  #instance: Promise<InstanceHere> | null = null;
  #connected: Promise<void> | null = null;

  private constructor(session: StartedSession, { instance, codes }: NotebookSessionOptions) {
    this.#session = session;
    this.#name = instance;
    this.#needsInstance = codes.some((code) => NAMES_INSTANCE.test(code));
    this.ended = session.ended;
  }

  /** Resolves when cells can run. */
  static async start(options: NotebookSessionOptions): Promise<NotebookSession> {
    const { directory, show } = options;
    const launched = ahead.take();
    const session = await startSession(directory, show, {
      ...{ typesAreOff: true, ...(launched && { launched }) },
      ...(options.instance !== null && { instance: options.instance }),
    });
    return new NotebookSession(session, options);
  }

  /** Rejects with SessionEnded, and with what keeps the instance from starting. `id`: of the outputs. */
  async execute(code: string, file: string, line: number, id: string): Promise<{ isOk: boolean; count: number }> {
    const waits = NAMES_INSTANCE.test(code);
    if (waits) await this.#connect();
    const asked = { code, file, line, look: LOOK, needsInstance: waits };
    const replied = this.#session.client.ask('execute_request', asked, id);
    // While the first cell runs: before it is sent it would have to wait for all that an instance loads.
    if (this.#needsInstance) this.#connect().catch(() => {}); // told by the first cell that needs it
    const { status, count } = await replied;
    return { isOk: status === 'ok', count };
  }

  interrupt(): Promise<'taken' | 'stuck'> {
    return this.#session.client.interrupt();
  }

  kill(): void {
    this.#session.process.kill('SIGKILL');
  }

  /** Resolves when session and instance are gone, or the named instance is left alone. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    await this.#session.client.ask('shutdown_request', {}, newId()).catch(() => null);
    await this.ended;
    clearTimeout(timer);
    this.#session.client.close();
    await this.#instance?.then(close, () => {});
  }

  #connect(): Promise<void> {
    this.#instance ??= openInstance(this.#name);
    this.#connected ??= this.#instance.then(async ({ client }) => {
      const { name } = (await client.status()).instance;
      const { error } = await this.#session.client.ask('connect_request', { instance: name });
      if (error !== null) throw new Error(error);
    });
    return this.#connected;
  }
}

async function openInstance(name: string | null): Promise<InstanceHere> {
  const [{ start }, { connectOrStart }] = await Promise.all([
    import('../../lib/index.ts'),
    import('../connect-or-start.ts'),
  ]);
  const http = { port: 0 };
  if (name !== null) return connectOrStart(name, () => start({ name, http }));
  return { client: await start({ name: `notebook-${process.pid}`, http }), isOwn: true };
}

const close = ({ client, isOwn }: InstanceHere): Promise<void> => (isOwn ? client.shutdown() : client.close());
